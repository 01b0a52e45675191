// Brings the bytes of one image here, and takes them away again: observe → report → decide → act one step.

import { isDeepStrictEqual } from 'node:util'
import { type VirtualMachineImage, virtualMachineImageDefinition } from '@sheaf/api'
import { isBeingDeleted, keyOf, type ObjectKey, timestamp, withoutFinalizer } from '@sheaf/api/meta'
import { after, again, done, type Result } from '@sheaf/machinery/controller'
import { decideNextStep, imageFinalizer, type Step } from './decide.ts'
import type { ImageIdentity, StoredImage } from './image-store.ts'
import { usersOf, type VirtualMachineImagePorts } from './ports.ts'
import { isGivenUp, isImported, statusOf } from './status.ts'

/** How soon to look whether a machine is gone whose end was not told. Rare, and people watch it. */
const lookForUsersMs = 2_000

export async function reconcileImage(key: ObjectKey, ports: VirtualMachineImagePorts): Promise<Result> {
  const image = await ports.client.resource<VirtualMachineImage>(virtualMachineImageDefinition).find(key)
  if (image === undefined) return done
  const stored = await ports.imageStore.look(identityOf(image))
  const users = isBeingDeleted(image) ? await usersOf(stored, ports) : []
  const reported = await report(image, stored, users, ports)
  const step = decideNextStep({ image: reported, stored, users }, ports.clock.now())
  return act(step, reported, ports)
}

export function identityOf(image: VirtualMachineImage): ImageIdentity {
  return { uid: image.metadata.uid ?? '', ...keyOf(image) }
}

/** Writes the status if it says anything new. Answers the image as it is now stored. */
async function report(
  image: VirtualMachineImage,
  stored: StoredImage,
  users: readonly string[],
  ports: VirtualMachineImagePorts,
): Promise<VirtualMachineImage> {
  const status = statusOf(image, stored, users, timestamp(ports.clock))
  if (isDeepStrictEqual(status, image.status)) return image
  const images = ports.client.resource<VirtualMachineImage>(virtualMachineImageDefinition)
  const written = await images.updateStatus({ ...image, status })
  announce(image, written, ports)
  return written
}

function announce(before: VirtualMachineImage, written: VirtualMachineImage, { events }: VirtualMachineImagePorts): void {
  const { failed = 0, size, conditions = [] } = written.status ?? {}
  const told = (type: string): string => conditions.find((each) => each.type === type)?.message ?? ''
  if (isImported(written) && !isImported(before))
    events.record(written, { type: 'Normal', reason: 'Imported', message: `${size} bytes are here and checked` })
  if (failed > (before.status?.failed ?? 0)) {
    const reason = isGivenUp(written) ? 'RetryLimitExceeded' : 'DownloadFailed'
    events.record(written, { type: 'Warning', reason, message: told('RetryLimitExceeded') })
  }
  const isBlocked = (image: VirtualMachineImage): boolean =>
    image.status?.conditions?.some(({ type, status }) => type === 'InUse' && status === 'True') === true
  if (isBlocked(written) && !isBlocked(before))
    events.record(written, { type: 'Warning', reason: 'InUse', message: told('InUse') })
}

async function act(step: Step, image: VirtualMachineImage, ports: VirtualMachineImagePorts): Promise<Result> {
  const { imageStore, client, clock } = ports
  switch (step.kind) {
    case 'none':
      return done
    case 'waitUntil':
      return after(Math.max(0, step.timeMs - clock.now()))
    case 'waitForUsers':
      return after(lookForUsersMs)
    case 'download':
      imageStore.download(identityOf(image), step)
      return done
    case 'discard':
      await imageStore.remove(identityOf(image))
      return done
    case 'removeFiles':
      await imageStore.remove(identityOf(image))
      return again
    case 'releaseObject':
      // What lies on the disk and is told by no sight goes with it.
      await imageStore.remove(identityOf(image))
      await client.resource<VirtualMachineImage>(virtualMachineImageDefinition).update(withoutFinalizer(image, imageFinalizer))
      return done
  }
}
