// What each word in the STATUS column says, in a sentence.

import type { PrintableStatus } from '../kubevirt.io/v1/virtual-machine.ts'

export const statusMeaning: Readonly<Record<PrintableStatus, string>> = {
  Terminating: 'It was deleted, and goes when its guest is off.',
  Stopping: 'Its guest was told to shut down.',
  Migrating: 'Its guest is on its way to another machine.',
  Paused: 'Its processors are held; its memory and its place are kept.',
  Running: 'Its guest runs.',
  ErrorPvcNotFound: 'A claim that it needs is not there.',
  DataVolumeError: 'A disk that it needs could not be filled.',
  ErrorUnschedulable: 'It asks for something that this machine does not offer.',
  Provisioning: 'Its disks are being filled.',
  WaitingForVolumeBinding: 'A claim that it needs has no volume yet.',
  ErrImagePull: 'An image that it needs is not there.',
  ImagePullBackOff: 'An image that it needs is not there, and is looked for less and less often.',
  Starting: 'It is on its way up.',
  CrashLoopBackOff: 'It failed before its guest ever ran.',
  Stopped: 'It is off.',
  WaitingForReceiver: 'It waits for a machine that migrates here.',
  Unknown: 'Nothing is known of it yet.',
}
