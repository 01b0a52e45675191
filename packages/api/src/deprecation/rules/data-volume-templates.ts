import type { DeprecationRule } from '../deprecation-rule.ts'
import { machineSpecs } from '../machine-places.ts'

/** Fields of a data volume template that nobody reads. */
export const dataVolumeTemplateRules: readonly DeprecationRule[] = ['apiVersion', 'kind', 'status'].map((field) => ({
  id: `data-volume-template-${field.toLowerCase()}`,
  places: machineSpecs,
  path: ['dataVolumeTemplates', '*', field],
  severity: 'inert',
  since: 'always',
  replacement: 'leaving it out',
  rewrite: { certainty: 'certain', edit: 'delete' },
  explain: 'The template is always made into a DataVolume of the version that the server knows; what stands here is not read.',
}))
