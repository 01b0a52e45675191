import type { FieldError } from '../../../meta/index.ts'
import type { VirtualMachineSpec } from '../virtual-machine.ts'
import { countSet, invalid, required, when } from './rule.ts'

type DataVolumeTemplate = NonNullable<VirtualMachineSpec['dataVolumeTemplates']>[number]

/** `path` is where the spec of the virtual machine stands. */
export function validateDataVolumeTemplates(
  path: string,
  { dataVolumeTemplates = [], template }: VirtualMachineSpec,
): FieldError[] {
  return dataVolumeTemplates.flatMap((entry, index) => {
    // The singular is KubeVirt's own.
    const at = `${path}.dataVolumeTemplate[${index}]`
    const wrong = validateEntry(at, entry)
    if (wrong !== undefined) return [wrong]
    const name = entry.metadata?.name
    const isUsed = (template.spec.volumes ?? []).some(({ dataVolume, persistentVolumeClaim }) => {
      return dataVolume?.name === name || persistentVolumeClaim?.claimName === name
    })
    return when(!isUsed, () =>
      required(at, `DataVolumeTemplate entry ${at} must be referenced in the VMI template's 'volumes' list`),
    )
  })
}

function validateEntry(at: string, { metadata, spec }: DataVolumeTemplate): FieldError | undefined {
  if (!metadata?.name) {
    return required(`${at}.name`, `'name' field must not be empty for DataVolumeTemplate entry ${at}.name.`)
  }
  const targets = countSet(spec.pvc, spec.storage)
  if (targets === 0) return invalid(`${at}.PVC.Storage`, 'Missing Data volume PVC or Storage')
  if (targets === 2) {
    return invalid(`${at}.PVC.Storage`, 'Duplicate storage definition, both target storage and target pvc defined')
  }
  const target = spec.pvc ?? spec.storage
  const isPopulated = countSet(target?.dataSource, target?.dataSourceRef) > 0
  const origins = countSet(spec.source, spec.sourceRef)
  if (isPopulated && origins > 0) {
    return invalid(`${at}.source`, 'External population is incompatible with Source and SourceRef')
  }
  if (!isPopulated && origins === 0) {
    const text = 'Data volume should have either Source, SourceRef, or be externally populated'
    return invalid(`${at}.source.sourceRef`, text)
  }
  if (spec.source === undefined) return undefined
  const sources = countSet(...Object.values(spec.source))
  if (sources === 0) return invalid(`${at}.source`, 'Missing dataVolume valid source')
  return sources > 1 ? invalid(`${at}.source`, 'Multiple dataVolume sources') : undefined
}
