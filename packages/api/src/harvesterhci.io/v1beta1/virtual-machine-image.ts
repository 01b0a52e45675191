import { type ApiObject, ageColumn, type FieldError, invalid, notSupported, type ResourceDefinition } from '../../meta/index.ts'
import type { HarvesterCondition } from './harvester-condition.ts'

/**
 * A disk that machines boot from, brought to this machine by a download or an upload. When it is imported, a containerDisk
 * volume whose image is what the annotation sheaf.io/image-reference says gives it to a machine.
 */
export interface VirtualMachineImage extends ApiObject {
  /** Where the image comes from, and what it is called. */
  spec: VirtualMachineImageSpec
  /** How far it is. Written by Sheaf. */
  status?: VirtualMachineImageStatus
}

export interface VirtualMachineImageSpec {
  /** What people call the image. Unique in its namespace; it is also a label, so at most 63 characters. Cannot be changed. */
  displayName: string
  /** For people. */
  description?: string
  /**
   * How the image comes here: download from spec.url, or upload by whoever has it. Harvester's export-from-volume, restore
   * and clone are refused: there are no volumes and no backups they could be made of. Cannot be changed.
   */
  sourceType: string
  /**
   * Where a download comes from: a URL of http or https, or of file below a folder that the administrator opened with
   * --image-folders. Cannot be changed.
   */
  url?: string
  /** The SHA-512 of the file as 128 hexadecimal digits. What does not match is thrown away. Cannot be changed. */
  checksum?: string
  /** How often a download that failed is tried again before it is given up: 0 to 10, by default 3. */
  retry?: number
  /**
   * What Harvester keeps the image with: backingimage, the default, or cdi. There is one way here, whichever is named.
   */
  backend?: string
  /** The storage class of the image. There are none here: it is accepted with a warning and has no effect. */
  targetStorageClassName?: string
  /** Parameters of the storage class of the image. There is none here: they are accepted with a warning and have no effect. */
  storageClassParameters?: { [name: string]: string }
  /** The volume that an image is exported from. Refused: there are no volumes to export. */
  pvcName?: string
  /** The namespace of the volume that an image is exported from. Refused: there are no volumes to export. */
  pvcNamespace?: string
  /** How an image is encrypted or decrypted. Refused: images are kept as they are. */
  securityParameters?: VirtualMachineImageSecurityParameters
}

export interface VirtualMachineImageSecurityParameters {
  /** Either encrypt or decrypt. */
  cryptoOperation: string
  /** The image that it is made of. */
  sourceImageName: string
  /** The namespace of the image that it is made of. */
  sourceImageNamespace: string
}

export interface VirtualMachineImageStatus {
  /** The URL that the image is downloaded from. */
  appliedUrl?: string
  /** How much of it is here, in percent. It is 100 only when the image can be used. */
  progress?: number
  /** Bytes of the file. */
  size?: number
  /** Bytes of the disk that a machine sees. */
  virtualSize?: number
  /** How many downloads have failed. */
  failed?: number
  /** When the last one failed. */
  lastFailedTime?: string
  /** Harvester's storage class of the image. Never set: the annotation sheaf.io/image-reference is what a volume names. */
  storageClassName?: string
  /** Harvester's storage class that was asked for. Never set. */
  targetStorageClassName?: string
  /** Where a backup of the image is. Never set: there are no backups. */
  backupTarget?: VirtualMachineImageBackupTarget
  /**
   * Initialized: its bytes can come, for an upload: can be sent. Imported: Unknown while they come, True when the image can be
   * used, False when it has failed for good. RetryLimitExceeded: True when a download failed more often than spec.retry
   * allows. InUse: whether a machine keeps a deleted image from going. Harvester's MetadataReady and BackingImageMissing are never set: they speak of its backups and its storage.
   */
  conditions?: HarvesterCondition[]
}

export interface VirtualMachineImageBackupTarget {
  /** The server. */
  endpoint?: string
  /** The bucket on it. */
  bucketName?: string
  /** Where the bucket is. */
  bucketRegion?: string
}

/** The label that carries spec.displayName, by which Harvester's clients find an image. */
export const imageDisplayNameLabel = 'harvesterhci.io/imageDisplayName'
/** What a containerDisk volume names to have the image as its disk. */
export const imageReferenceAnnotation = 'sheaf.io/image-reference'

/** Below it, references name images of this Kind. */
export const imageReferencePrefix = 'sheaf.local/vmimages/'

export const imageReferenceOf = ({ namespace, name }: { namespace: string; name: string }): string =>
  `${imageReferencePrefix}${namespace}/${name}:latest`

const backends = ['backingimage', 'cdi']
const sourceTypes = ['download', 'upload', 'export-from-volume', 'restore', 'clone']
const mostRetries = 10
const usualRetries = 3

export const virtualMachineImageDefinition: ResourceDefinition<VirtualMachineImage> = {
  group: 'harvesterhci.io',
  version: 'v1beta1',
  kind: 'VirtualMachineImage',
  listKind: 'VirtualMachineImageList',
  plural: 'virtualmachineimages',
  singular: 'virtualmachineimage',
  shortNames: ['vmimage', 'vmimages'],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.harvesterhci.v1beta1.VirtualMachineImage',
  origin: 'custom',
  hasStatus: true,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    {
      name: 'BACKEND',
      type: 'string',
      description: 'What Harvester would keep it with.',
      priority: 0,
      cell: ({ spec }) => spec.backend,
    },
    {
      name: 'DISPLAY-NAME',
      type: 'string',
      description: 'What people call it.',
      priority: 0,
      cell: ({ spec }) => spec.displayName,
    },
    { name: 'SIZE', type: 'integer', description: 'Bytes of the file.', priority: 0, cell: ({ status }) => status?.size },
    {
      name: 'VIRTUALSIZE',
      type: 'integer',
      description: 'Bytes of the disk.',
      priority: 0,
      cell: ({ status }) => status?.virtualSize,
    },
    ageColumn,
    {
      name: 'PROGRESS',
      type: 'integer',
      description: 'How much of it is here, in percent.',
      priority: 1,
      cell: ({ status }) => status?.progress,
    },
    {
      name: 'REFERENCE',
      type: 'string',
      description: 'What a containerDisk volume names to have it.',
      priority: 1,
      cell: ({ metadata }) => metadata.annotations?.[imageReferenceAnnotation],
    },
  ],
  selectableFields: {},
  applyDefaults: ({ spec }: Partial<VirtualMachineImage>) => {
    if (spec === undefined) return
    spec.backend ??= 'backingimage'
    spec.retry ??= usualRetries
  },
  validate: ({ spec }) => [
    ...oneOf('spec.sourceType', spec.sourceType, sourceTypes),
    ...oneOf('spec.backend', spec.backend ?? '', backends),
    ...validateRetry(spec.retry ?? usualRetries),
  ],
  warnings: ({ spec }) => [
    ...(spec.targetStorageClassName === undefined ? [] : [withoutEffect('spec.targetStorageClassName')]),
    ...(spec.storageClassParameters === undefined ? [] : [withoutEffect('spec.storageClassParameters')]),
  ],
}

const oneOf = (field: string, value: string, allowed: readonly string[]): FieldError[] =>
  allowed.includes(value) ? [] : [notSupported(field, value, allowed)]

function validateRetry(retry: number): FieldError[] {
  if (retry < 0) return [invalid('spec.retry', retry, 'should be greater than or equal to 0')]
  if (retry > mostRetries) return [invalid('spec.retry', retry, `should be less than or equal to ${mostRetries}`)]
  return []
}

const withoutEffect = (field: string): string =>
  `${field} has no effect: there are no storage classes; a volume names the image by its annotation ${imageReferenceAnnotation}`
