import type { IoK8sApiCoreV1PersistentVolumeSpec } from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import {
  type ApiObject,
  ageColumn,
  type FieldError,
  forbidden,
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
  validateReclaimPolicy,
  validateVolumeMode,
} from './volume-parts.ts'

export interface PersistentVolumeSpec extends Omit<IoK8sApiCoreV1PersistentVolumeSpec, 'capacity'> {
  capacity?: StorageAmounts
}

/** A disk of this machine. */
export interface PersistentVolume extends ApiObject {
  spec?: PersistentVolumeSpec
  status?: { phase?: string; message?: string; reason?: string; lastPhaseTransitionTime?: string }
}

export const volumeProtectionFinalizer = 'kubernetes.io/pv-protection'
/** Names the provisioner of a volume that was made for its claim. */
export const provisionedByAnnotation = 'pv.kubernetes.io/provisioned-by'

const column = textColumn<PersistentVolume>

export const persistentVolumeDefinition: ResourceDefinition<PersistentVolume> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  listKind: 'PersistentVolumeList',
  plural: 'persistentvolumes',
  singular: 'persistentvolume',
  shortNames: ['pv'],
  categories: [],
  scope: 'Cluster',
  schemaName: 'io.k8s.api.core.v1.PersistentVolume',
  origin: 'native',
  hasStatus: true,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    column('Capacity', 'How large it is.', 0, ({ spec }) => String(spec?.capacity?.['storage'] ?? '')),
    column('Access Modes', 'How it may be used.', 0, ({ spec }) => accessModesText(spec?.accessModes)),
    column('Reclaim Policy', 'What becomes of it without its claim.', 0, ({ spec }) => spec?.persistentVolumeReclaimPolicy),
    column('Status', 'Available, Bound, Released, or Failed.', 0, ({ metadata, status }) =>
      metadata.deletionTimestamp ? 'Terminating' : status?.phase,
    ),
    column('Claim', 'Whose it is.', 0, ({ spec }) =>
      spec?.claimRef === undefined ? '' : `${spec.claimRef.namespace}/${spec.claimRef.name}`,
    ),
    column('StorageClass', 'Its class.', 0, ({ spec }) => spec?.storageClassName),
    column('VolumeAttributesClass', 'Not used here.', 0, ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>'),
    column('Reason', 'What went wrong.', 0, ({ status }) => status?.reason),
    ageColumn,
    column('VolumeMode', 'Filesystem or Block; both are a disk to a machine.', 1, ({ spec }) => spec?.volumeMode),
  ],
  selectableFields: {},
  applyDefaults: (volume) => {
    if (volume.spec !== undefined) {
      volume.spec.volumeMode ??= 'Filesystem'
      volume.spec.persistentVolumeReclaimPolicy ??= 'Retain'
    }
    volume.status ??= { phase: 'Pending' }
  },
  validate,
}

/** What a PersistentVolumeSpec says beside where the volume is. */
const plainFields: ReadonlySet<string> = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
])

function validate({ spec = {} }: PersistentVolume, old: PersistentVolume | undefined): FieldError[] {
  const sources = Object.keys(spec).filter((field) => !plainFields.has(field))
  const foreign = sources.filter((field) => field !== 'local' && field !== 'hostPath')
  const path = spec.local?.path ?? spec.hostPath?.path
  const { local, hostPath } = spec
  const isMoved = old !== undefined && !sameJson([local, hostPath], [old.spec?.local, old.spec?.hostPath])
  return [
    ...validateAccessModes(spec.accessModes, 'spec.accessModes'),
    ...(storageBytes(spec.capacity) === undefined ? [required('spec.capacity[storage]')] : []),
    ...(sources.length === 0 ? [required('spec', 'must specify a volume type')] : []),
    ...(sources.length > 1 ? [forbidden(`spec.${sources[1]}`, 'may not specify more than 1 volume type')] : []),
    ...foreign.map((field) =>
      forbidden(
        `spec.${field}`,
        'this machine attaches disks of its own: name a file, or a folder with a disk.img, as local.path',
      ),
    ),
    ...(path === undefined || path.startsWith('/') ? [] : [forbidden('spec.local.path', 'must be an absolute path')]),
    ...validateReclaimPolicy(spec.persistentVolumeReclaimPolicy, 'spec.persistentVolumeReclaimPolicy'),
    ...validateVolumeMode(spec.volumeMode),
    ...(isMoved ? [forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')] : []),
  ]
}
