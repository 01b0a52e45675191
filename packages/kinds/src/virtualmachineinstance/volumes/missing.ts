// What a launch plan needs and is not there: thrown where it is noticed, caught where it is reported.

import { type Refusal, refuse } from '../refusal.ts'

export class Missing extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/** A volume whose content cannot be had, in the words of Kubernetes' kubelet: it is tried again, for it may appear. */
export function cannotMount(volume: string, why: string): Missing {
  return new Missing(refuse('Synchronized', 'FailedMount', `MountVolume.SetUp failed for volume "${volume}" : ${why}`))
}
