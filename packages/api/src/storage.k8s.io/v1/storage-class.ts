import {
  type ApiObject,
  ageColumn,
  type FieldError,
  forbidden,
  notSupported,
  required,
  type ResourceDefinition,
  sameJson,
} from '../../meta/index.ts'
import { textColumn, validateReclaimPolicy } from '../../core/v1/volume-parts.ts'

/** What kind of volumes a claim can ask for by name, and who makes them. */
export interface StorageClass extends ApiObject {
  /** Who makes the volumes. */
  provisioner: string
  parameters?: Record<string, string>
  /** What becomes of a volume when its claim is gone: `Delete`, or `Retain`. */
  reclaimPolicy?: string
  volumeBindingMode?: string
  /** Whether a claim may ask for more later. */
  allowVolumeExpansion?: boolean
  mountOptions?: string[]
}

/** The class that makes disks in this machine's data folder. */
export const localStorageClassName = 'local'
export const localProvisioner = 'sheaf.io/local'
/** The class of claims that name none. */
export const defaultClassAnnotation = 'storageclass.kubernetes.io/is-default-class'

const column = textColumn<StorageClass>

export const storageClassDefinition: ResourceDefinition<StorageClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  listKind: 'StorageClassList',
  plural: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  categories: [],
  scope: 'Cluster',
  schemaName: 'io.k8s.api.storage.v1.StorageClass',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    {
      name: 'Name',
      type: 'string',
      format: 'name',
      description: 'What claims call it, and whether it is that of claims that name none.',
      priority: 0,
      cell: ({ metadata }) =>
        metadata.annotations?.[defaultClassAnnotation] === 'true' ? `${metadata.name} (default)` : (metadata.name ?? ''),
    },
    column('Provisioner', 'Who makes the volumes.', 0, ({ provisioner }) => provisioner),
    column('ReclaimPolicy', 'What becomes of a volume without its claim.', 0, ({ reclaimPolicy }) => reclaimPolicy),
    column('VolumeBindingMode', 'When a volume is made.', 0, ({ volumeBindingMode }) => volumeBindingMode),
    {
      name: 'AllowVolumeExpansion',
      type: 'boolean',
      description: 'Whether claims may grow.',
      priority: 0,
      cell: ({ allowVolumeExpansion }) => allowVolumeExpansion === true,
    },
    ageColumn,
  ],
  selectableFields: {},
  applyDefaults: (storageClass) => {
    storageClass.reclaimPolicy ??= 'Delete'
    storageClass.volumeBindingMode ??= 'Immediate'
  },
  validate,
}

const bindingModes = ['Immediate', 'WaitForFirstConsumer']

function validate(storageClass: StorageClass, old: StorageClass | undefined): FieldError[] {
  const { provisioner, reclaimPolicy, volumeBindingMode = '' } = storageClass
  const isFixed = (field: 'provisioner' | 'parameters' | 'reclaimPolicy' | 'volumeBindingMode'): boolean =>
    old === undefined || sameJson(old[field], storageClass[field])
  return [
    ...(provisioner ? [] : [required('provisioner')]),
    ...validateReclaimPolicy(reclaimPolicy, 'reclaimPolicy'),
    ...(bindingModes.includes(volumeBindingMode) ? [] : [notSupported('volumeBindingMode', volumeBindingMode, bindingModes)]),
    ...(isFixed('parameters') ? [] : [forbidden('parameters', 'updates to parameters are forbidden.')]),
    ...(isFixed('provisioner') ? [] : [forbidden('provisioner', 'updates to provisioner are forbidden.')]),
    ...(isFixed('reclaimPolicy') ? [] : [forbidden('reclaimPolicy', 'updates to reclaimPolicy are forbidden.')]),
    ...(isFixed('volumeBindingMode') ? [] : [forbidden('volumeBindingMode', 'field is immutable')]),
  ]
}
