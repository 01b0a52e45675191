// What may be written about an image, in Harvester's words where it has the rule too.

import {
  downloadUrlProblem,
  imageDisplayNameLabel,
  imageReferenceAnnotation,
  imageReferenceOf,
  isSha512,
  type VirtualMachineImage,
  virtualMachineImageDefinition,
} from '@sheaf/api'
import { isBeingDeleted, keyOf, labelValueFinding } from '@sheaf/api/meta'
import type { Admission, AdmissionRequest } from '@sheaf/machinery/kind'
import { deniedConflict, deniedField } from '../harvester-denial.ts'
import { imageFinalizer } from './decide.ts'
import { usersOf, type VirtualMachineImagePorts } from './ports.ts'
import { identityOf } from './reconciler.ts'

type AdmissionPorts = Pick<VirtualMachineImagePorts, 'client' | 'hypervisor' | 'imageStore'>

export function virtualMachineImageAdmission(ports: AdmissionPorts): Admission<VirtualMachineImage> {
  return {
    mutate({ operation, object }) {
      if (operation !== 'DELETE') mark(object)
      if (operation === 'CREATE')
        object.metadata.finalizers = [...new Set([...(object.metadata.finalizers ?? []), imageFinalizer])]
    },
    async validate(request) {
      switch (request.operation) {
        case 'CREATE':
          return admitNew(request, ports)
        case 'UPDATE':
          return admitChange(request)
        case 'DELETE':
          return admitDeletion(request.object, ports)
      }
    },
  }
}

/** By which clients find it, and volumes name it. */
function mark(image: VirtualMachineImage): void {
  const { metadata, spec }: { metadata: VirtualMachineImage['metadata']; spec?: VirtualMachineImage['spec'] } = image
  // A wrong one is refused for what it is, not for the label that it would make.
  if (spec?.displayName === undefined || labelValueFinding(spec.displayName) !== undefined) return
  metadata.labels = { ...metadata.labels, [imageDisplayNameLabel]: spec.displayName }
  metadata.annotations = { ...metadata.annotations, [imageReferenceAnnotation]: imageReferenceOf(keyOf(image)) }
}

async function admitNew(
  { object: image, namespace }: AdmissionRequest<VirtualMachineImage>,
  ports: AdmissionPorts,
): Promise<void> {
  admitName(image)
  admitSource(image, ports)
  admitChecksum(image)
  const { items } = await ports.client.resource<VirtualMachineImage>(virtualMachineImageDefinition).list({ namespace })
  if (items.some(({ spec, metadata }) => spec.displayName === image.spec.displayName && metadata.uid !== image.metadata.uid))
    throw deniedConflict(
      `A resource with the same name exists: another image of namespace ${namespace} has the displayName "${image.spec.displayName}"`,
    )
}

function admitName({ spec: { displayName } }: VirtualMachineImage): void {
  if (displayName === '') throw deniedField('spec.displayName', 'displayName is required')
  const finding = labelValueFinding(displayName)
  if (finding === undefined) return
  throw deniedField('spec.displayName', `displayName is not a valid Kubernetes label value: ${finding}`)
}

const sourcesThatAreNot: Readonly<Record<string, string>> = {
  'export-from-volume': 'there are no volumes that an image could be exported from',
  restore: 'there are no backups that an image could be restored from',
  clone: 'images are neither encrypted nor decrypted, and a volume may name any image as often as it likes',
}

function admitSource({ spec }: VirtualMachineImage, { imageStore }: AdmissionPorts): void {
  const { sourceType, url = '' } = spec
  const lacking = sourcesThatAreNot[sourceType]
  if (lacking !== undefined)
    throw deniedField('spec.sourceType', `sourceType "${sourceType}" is not supported: ${lacking}; use download or upload`)
  for (const field of ['pvcName', 'pvcNamespace', 'securityParameters'] as const) {
    if (spec[field] === undefined || spec[field] === '') continue
    throw deniedField(`spec.${field}`, `${field} should be empty when image source type is "${sourceType}"`)
  }
  if (sourceType === 'upload') {
    if (url !== '') throw deniedField('spec.url', `url should be empty when image source type is "${sourceType}"`)
    return
  }
  if (url === '') throw deniedField('spec.url', 'url is required')
  const problem = downloadUrlProblem(url) ?? imageStore.urlProblem(url)
  if (problem !== undefined) throw deniedField('spec.url', `url is invalid: ${problem}`)
}

function admitChecksum({ spec: { checksum = '' } }: VirtualMachineImage): void {
  if (checksum === '' || isSha512(checksum)) return
  const what = 'it is the SHA-512 of the file, 128 hexadecimal digits in lower case as sha512sum prints them'
  throw deniedField('spec.checksum', `invalid checksum ${checksum}: ${what}`)
}

const fixedFields = [
  'displayName',
  'sourceType',
  'url',
  'checksum',
  'backend',
  'pvcName',
  'pvcNamespace',
  'securityParameters',
] as const

function admitChange({ object, oldObject }: AdmissionRequest<VirtualMachineImage>): void {
  if (oldObject === undefined || isBeingDeleted(oldObject)) return
  for (const field of fixedFields) {
    if (JSON.stringify(object.spec[field] ?? '') === JSON.stringify(oldObject.spec[field] ?? '')) continue
    throw deniedField(`spec.${field}`, `${field} cannot be modified`)
  }
}

/** Who is about to start from it is waited for by the finalizer. */
async function admitDeletion(image: VirtualMachineImage, ports: AdmissionPorts): Promise<void> {
  const users = await usersOf(await ports.imageStore.look(identityOf(image)), ports)
  if (users.length === 0) return
  const { metadata, spec } = image
  throw deniedField(
    '',
    `Cannot delete image ${metadata.namespace}/${spec.displayName}: being used by virtual machine ${users.join(', ')}: stop it first`,
  )
}
