import { type ApiObject, ageColumn, type FieldError, invalid, isJsonObject, type ResourceDefinition } from '../../meta/index.ts'

/**
 * A network beside the pod network, as Multus and Harvester describe one. It is kept, so that manifests that hold one can be
 * applied; this machine attaches none, and a virtual machine that names one says so instead of starting without it.
 */
export interface NetworkAttachmentDefinition extends ApiObject {
  /** What the network is. */
  spec?: NetworkAttachmentDefinitionSpec
}

export interface NetworkAttachmentDefinitionSpec {
  /** The configuration of a CNI plugin, or of several in `plugins`: a JSON object as text. */
  config?: string
}

export const networkAttachmentDefinitionDefinition: ResourceDefinition<NetworkAttachmentDefinition> = {
  group: 'k8s.cni.cncf.io',
  version: 'v1',
  kind: 'NetworkAttachmentDefinition',
  listKind: 'NetworkAttachmentDefinitionList',
  plural: 'network-attachment-definitions',
  singular: 'network-attachment-definition',
  shortNames: ['net-attach-def'],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.cncf.cni.k8s.v1.NetworkAttachmentDefinition',
  origin: 'custom',
  hasStatus: false,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [ageColumn],
  selectableFields: {},
  validate: ({ spec }) => validateConfig(spec?.config ?? ''),
  warnings: ({ metadata }) => [
    `this machine attaches no networks beside the pod network: a virtual machine that names "${metadata.name ?? ''}" in networks[].multus does not start, and says so`,
  ],
}

/** As the webhook of Multus: an empty one is left to whoever attaches it. */
function validateConfig(config: string): FieldError[] {
  if (config === '') return []
  const refuse = (why: string): FieldError[] => [invalid('spec.config', config, why)]
  let value: unknown
  try {
    value = JSON.parse(config)
  } catch {
    return refuse('must be a JSON object as text')
  }
  if (!isJsonObject(value)) return refuse('must be a JSON object as text')
  const { plugins, type } = value
  if (plugins === undefined) return typeof type === 'string' && type !== '' ? [] : refuse('must name the plugin in type')
  return Array.isArray(plugins) && plugins.length > 0 ? [] : refuse('plugins must be a list of plugins')
}
