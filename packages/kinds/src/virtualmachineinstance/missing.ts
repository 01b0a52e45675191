// What a launch plan needs and is not there: thrown where it is noticed, caught where it is reported.

import type { Refusal } from './refusal.ts'

export class Missing extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}
