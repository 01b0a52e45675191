// Uploads of images: `PUT …/virtualmachineimages/NAME/upload?offset=N&size=TOTAL` takes a piece, `GET …/upload` tells how many
// bytes are there, so that a client goes on after any break. Raw bytes: application/octet-stream.

import { type VirtualMachineImage, virtualMachineImageDefinition } from '@sheaf/api'
import { badRequest, conflict, isBeingDeleted, notFound, StatusError } from '@sheaf/api/meta'
import type { ActionCall, RequestAction } from '@sheaf/machinery/kind'
import { jsonAnswer } from '../subresources.ts'
import { type StoredImage, UploadRefused } from './image-store.ts'
import type { VirtualMachineImagePorts } from './ports.ts'
import { identityOf } from './reconciler.ts'

type ActionPorts = Pick<VirtualMachineImagePorts, 'client' | 'imageStore'>

const upload = {
  group: 'subresources.sheaf.io',
  versions: ['v1'],
  kind: 'request',
  plural: virtualMachineImageDefinition.plural,
  action: 'upload',
} as const

export function uploadActions(ports: ActionPorts): RequestAction[] {
  return [
    {
      ...upload,
      method: 'GET',
      run: async (call) => jsonAnswer(told(await ports.imageStore.look(identityOf(await imageOf(call, ports))))),
    },
    {
      ...upload,
      method: 'PUT',
      takesBytes: true,
      async run(call) {
        const image = await imageOf(call, ports)
        const { checksum } = image.spec
        const piece = {
          offset: wholeNumber(call, 'offset', 0),
          totalBytes: wholeNumber(call, 'size', 1),
          bytes: call.bytes,
          sha512: checksum === '' ? undefined : checksum,
        }
        try {
          return jsonAnswer(told(await ports.imageStore.upload(identityOf(image), piece)))
        } catch (error) {
          throw error instanceof UploadRefused ? refusalOf(error, call) : error
        }
      },
    },
  ]
}

async function imageOf({ namespace, name }: ActionCall, { client }: ActionPorts): Promise<VirtualMachineImage> {
  const image = await client.resource<VirtualMachineImage>(virtualMachineImageDefinition).find({ namespace, name })
  if (image === undefined) throw notFound(virtualMachineImageDefinition, name)
  if (image.spec.sourceType !== 'upload')
    throw badRequest(
      `sourceType of ${namespace}/${name} is ${image.spec.sourceType}: only an image of sourceType upload is uploaded`,
    )
  if (isBeingDeleted(image)) throw conflict(virtualMachineImageDefinition, name, 'the image is being deleted')
  return image
}

function wholeNumber({ query }: ActionCall, name: string, least: number): number {
  const text = query.get(name) ?? ''
  const number = /^\d{1,15}$/.test(text) ? Number(text) : -1
  if (number >= least) return number
  throw badRequest(
    `${name}=${text} is no number of bytes: send each piece of the file to upload?offset=BYTES_BEFORE_IT&size=BYTES_OF_THE_FILE`,
  )
}

function told(stored: StoredImage): object {
  switch (stored.kind) {
    case 'there':
      return { receivedBytes: stored.sizeBytes, totalBytes: stored.sizeBytes, imported: true }
    case 'receiving':
      return { receivedBytes: stored.receivedBytes, totalBytes: stored.totalBytes, imported: false }
    case 'failed':
      return { receivedBytes: 0, imported: false, message: stored.message }
    case 'none':
      return { receivedBytes: 0, imported: false }
  }
}

function refusalOf({ kind, message }: UploadRefused, { name }: ActionCall): StatusError {
  switch (kind) {
    case 'misplaced':
      return conflict(virtualMachineImageDefinition, name, `${message}; GET upload tells where to go on`)
    case 'wrong':
      return new StatusError(422, 'Invalid', `${message}; nothing of it was kept`)
    case 'noRoom':
      return new StatusError(507, 'InsufficientStorage', `${message}; nothing of it was kept`)
  }
}
