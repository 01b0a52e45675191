import type {
  IoK8sApiCoreV1PersistentVolumeClaimCondition,
  IoK8sApiCoreV1PersistentVolumeClaimSpec,
} from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import {
  type ApiObject,
  ageColumn,
  type FieldError,
  forbidden,
  invalid,
  type ResourceDefinition,
  required,
  sameJson,
} from '../../meta/index.ts'
import {
  accessModesText,
  type StorageAmounts,
  storageBytes,
  textColumn,
  validateAccessModes,
  validateVolumeMode,
} from './volume-parts.ts'

export interface PersistentVolumeClaimSpec extends Omit<IoK8sApiCoreV1PersistentVolumeClaimSpec, 'resources'> {
  resources?: { requests?: StorageAmounts; limits?: StorageAmounts }
}

export interface PersistentVolumeClaimStatus {
  /** `Pending` until it has a volume, then `Bound`; `Lost` when the volume has gone. */
  phase?: string
  accessModes?: string[]
  capacity?: StorageAmounts
  conditions?: IoK8sApiCoreV1PersistentVolumeClaimCondition[]
}

/** A disk that outlives the machines it is attached to. */
export interface PersistentVolumeClaim extends ApiObject {
  spec?: PersistentVolumeClaimSpec
  status?: PersistentVolumeClaimStatus
}

export const claimProtectionFinalizer = 'kubernetes.io/pvc-protection'

const column = textColumn<PersistentVolumeClaim>

export const persistentVolumeClaimDefinition: ResourceDefinition<PersistentVolumeClaim> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  listKind: 'PersistentVolumeClaimList',
  plural: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.core.v1.PersistentVolumeClaim',
  origin: 'native',
  hasStatus: true,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    column('Status', 'Pending, Bound, or Lost.', 0, ({ metadata, status }) =>
      metadata.deletionTimestamp ? 'Terminating' : status?.phase,
    ),
    column('Volume', 'The volume that it has.', 0, ({ spec }) => spec?.volumeName),
    column('Capacity', 'How large that is.', 0, ({ status }) => amountText(status?.capacity)),
    column('Access Modes', 'How it may be used.', 0, ({ status }) => accessModesText(status?.accessModes)),
    column('StorageClass', 'The class that it asks for.', 0, ({ spec }) => spec?.storageClassName),
    column('VolumeAttributesClass', 'Not used here.', 0, ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>'),
    ageColumn,
    column('VolumeMode', 'Filesystem or Block; both are a disk to a machine.', 1, ({ spec }) => spec?.volumeMode),
  ],
  selectableFields: {},
  applyDefaults: (claim) => {
    if (claim.spec !== undefined) claim.spec.volumeMode ??= 'Filesystem'
    claim.status ??= { phase: 'Pending' }
  },
  validate,
}

const amountText = (amounts: StorageAmounts | undefined): string => String(amounts?.['storage'] ?? '')

function validate({ spec = {}, status }: PersistentVolumeClaim, old: PersistentVolumeClaim | undefined): FieldError[] {
  const bytes = storageBytes(spec.resources?.requests)
  return [
    ...validateAccessModes(spec.accessModes, 'spec.accessModes'),
    ...(bytes === undefined ? [required('spec.resources[storage]')] : []),
    ...(bytes !== undefined && bytes <= 0n
      ? [invalid('spec.resources[storage]', String(spec.resources?.requests?.['storage']), 'must be greater than zero')]
      : []),
    ...validateVolumeMode(spec.volumeMode),
    ...(['dataSource', 'dataSourceRef'] as const)
      .filter((field) => spec[field] !== undefined)
      .map((field) => forbidden(`spec.${field}`, 'volumes of this machine begin empty; a containerDisk brings an image')),
    ...(old === undefined ? [] : changeFindings(spec, old, status)),
  ]
}

/** A claim changes only by growing, once it has its volume. */
function changeFindings(
  spec: PersistentVolumeClaimSpec,
  { spec: before = {} }: PersistentVolumeClaim,
  status: PersistentVolumeClaimStatus | undefined,
): FieldError[] {
  const fixed = ({ resources: _resources, volumeName: _volume, ...rest }: PersistentVolumeClaimSpec) => rest
  const isBound = status?.phase === 'Bound'
  const isSameVolume = before.volumeName === undefined || before.volumeName === '' || before.volumeName === spec.volumeName
  const isSameSize = sameJson(spec.resources, before.resources)
  if (!sameJson(fixed(spec), fixed(before)) || !isSameVolume || (!isSameSize && !isBound))
    return [
      forbidden(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ),
    ]
  const [now, then] = [storageBytes(spec.resources?.requests) ?? 0n, storageBytes(status?.capacity) ?? 0n]
  return isSameSize || now >= then
    ? []
    : [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')]
}
