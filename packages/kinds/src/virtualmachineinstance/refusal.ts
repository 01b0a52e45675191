// Why an instance cannot be started here and now, in the words that KubeVirt's conditions use. The key is tried
// again later: an image may still arrive.

export interface Refusal {
  /** The condition that turns False: what is missing on the instance's side, or what this machine does not have. */
  condition: 'Synchronized' | 'PodScheduled'
  reason:
    | 'Pulling'
    | 'ErrImagePull'
    | 'ImagePullBackOff'
    | 'ErrImageNeverPull'
    | 'InvalidImageName'
    | 'FailedPvcNotFound'
    | 'WaitingForVolumeBinding'
    | 'FailedAttachVolume'
    | 'FailedMount'
    | 'Unschedulable'
    | 'UnsupportedVolume'
    | 'SecretNotFound'
    | 'FailedCreate'
  message: string
}

export function refuse(condition: Refusal['condition'], reason: Refusal['reason'], message: string): Refusal {
  return { condition, reason, message }
}
