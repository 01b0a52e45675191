import { bytesOf, type FieldError } from '../../../meta/index.ts'
import type { Volume } from '../virtual-machine-instance-spec.ts'
import { validateCloudInit } from './cloud-init.ts'
import { validateImagePath } from './image-path.ts'
import { countSet, hasGate, invalid, notFound, required, type SpecRule, when } from './rule.ts'

/** Of these a machine has one at most; KubeVirt's words for them. */
const singular = [
  ['serviceAccount', 'serviceAccount'],
  ['downwardMetrics', 'downwardMetric'],
  ['memoryDump', 'memory dump'],
] as const

export const validateVolumes: SpecRule = (path, spec, policy) => {
  const volumes = spec.volumes ?? []
  const list = `${path}.volumes`
  const findings = volumes.flatMap((volume, index) => {
    const at = `${list}[${index}]`
    const twin = volumes.findIndex((each) => each.name === volume.name)
    return [
      ...when(twin < index, () => invalid(`${at}.name`, `${at} and ${list}[${twin}] must not have the same Name.`)),
      ...validateSource(at, volume),
      ...validateCloudInit(at, volume),
      ...when(volume.downwardMetrics !== undefined && !hasGate(policy, 'DownwardMetrics'), () =>
        invalid(at, 'downwardMetrics disks are not allowed: DownwardMetrics feature gate is not enabled.'),
      ),
      ...validateHostDisk(at, volume, hasGate(policy, 'HostDisk')),
      ...validateReferences(at, volume),
      ...(volume.containerDisk?.path ? validateImagePath(`${at}.containerDisk`, volume.containerDisk.path) : []),
    ]
  })
  const crowds = singular.flatMap(([source, words]) =>
    when(volumes.filter((volume) => volume[source] !== undefined).length > 1, () =>
      invalid(list, `${list} must have max one ${words} volume set`),
    ),
  )
  return [...findings, ...crowds]
}

function validateSource(at: string, volume: Volume): FieldError[] {
  const { dataVolume } = volume
  // Everything beside the name is a source.
  const sources = countSet(...Object.values(volume)) - 1
  return [
    ...when(dataVolume !== undefined && dataVolume.name === '', () => required(`${at}.name`, `DataVolume 'name' must be set`)),
    ...when(sources !== 1, () => invalid(at, `${at} must have exactly one source type set`)),
  ]
}

function validateHostDisk(at: string, { hostDisk }: Volume, isAllowed: boolean): FieldError[] {
  if (hostDisk === undefined) return []
  const field = `${at}.hostDisk`
  const { capacity, path, type } = hostDisk
  return [
    ...when(!isAllowed, () => invalid(at, 'HostDisk feature gate is not enabled')),
    ...when(!path, () => notFound(`${field}.path`, `${field}.path is required for hostDisk volume`)),
    ...when(type !== 'Disk' && type !== 'DiskOrCreate', () =>
      invalid(`${field}.type`, `${field}.type has invalid value '${type}', allowed are 'Disk' or 'DiskOrCreate'`),
    ),
    ...when(type === 'Disk' && bytesOf(capacity ?? 0) !== 0, () =>
      invalid(`${field}.capacity`, `${field}.capacity is allowed to pass only with ${field}.type equal to 'DiskOrCreate'`),
    ),
  ]
}

function validateReferences(at: string, { configMap, secret, serviceAccount }: Volume): FieldError[] {
  const isRequired = (field: string): FieldError => invalid(field, `${field} is a required field`)
  return [
    ...when(configMap !== undefined && !configMap.name, () => isRequired(`${at}.configMap.name`)),
    ...when(secret !== undefined && !secret.secretName, () => isRequired(`${at}.secret.secretName`)),
    ...when(serviceAccount !== undefined && !serviceAccount.serviceAccountName, () =>
      isRequired(`${at}.serviceAccount.serviceAccountName`),
    ),
  ]
}
