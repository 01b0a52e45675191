import { type ApiObject, ageColumn, type FieldError, invalid, type ResourceDefinition } from '../../meta/index.ts'
import type { HarvesterCondition } from './harvester-condition.ts'
import { upgradeLabels } from './upgrade-marks.ts'

/**
 * One upgrade of the platform to another release, in namespace harvester-system. Machines run on throughout. It always ends, in
 * the new release or in the old one, and says in its conditions which and why.
 */
export interface Upgrade extends ApiObject {
  /** Which release: either version or image has to be given. Cannot be changed. */
  spec: UpgradeSpec
  /** How far it is. Written by Sheaf. */
  status?: UpgradeStatus
}

export interface UpgradeSpec {
  /** The name of a Version in the same namespace: its ISO is downloaded. */
  version?: string
  /**
   * The VirtualMachineImage that holds the ISO of the release, as namespace/name, for machines without a way to the network. It
   * has to be in namespace harvester-system. With it, version is a name for people only.
   */
  image?: string
  /** Whether the log of the upgrade is kept in an UpgradeLog. By default true. */
  logEnabled?: boolean
  /** The container image that Harvester's own steps run in. It has no effect: nothing here runs in containers. */
  upgradeImage?: string
}

export interface UpgradeStatus {
  /** The version that ran before. */
  previousVersion?: string
  /** The image that holds the ISO, as namespace/name. */
  imageID?: string
  /** What the release says of itself, as YAML: the key release holds its versions. */
  repoInfo?: string
  /** The name of the node, where there is only one. */
  singleNode?: string
  /** How far each node is, by its name. */
  nodeStatuses?: { [node: string]: UpgradeNodeStatus }
  /**
   * In the order in which they appear: Completed, LogReady, ImageReady, RepoReady, NodesPrepared, SystemServicesUpgraded,
   * NodesUpgraded. Each is absent, then Unknown while it is worked on, then True or False. Completed is there from the start
   * and says at the end how all of it went.
   */
  conditions?: HarvesterCondition[]
  /** The name of the UpgradeLog that keeps its log. */
  upgradeLog?: string
}

export interface UpgradeNodeStatus {
  /**
   * Images preloading, Images preloaded, Node-upgrade paused, Pre-draining, Pre-drained, Post-draining, Waiting Reboot,
   * Succeeded or Failed.
   */
  state?: string
  /** Why, in one word for programs. */
  reason?: string
  /** Why, in a sentence for people. */
  message?: string
}

export const upgradeDefinition: ResourceDefinition<Upgrade> = {
  group: 'harvesterhci.io',
  version: 'v1beta1',
  kind: 'Upgrade',
  listKind: 'UpgradeList',
  plural: 'upgrades',
  singular: 'upgrade',
  shortNames: [],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.harvesterhci.v1beta1.Upgrade',
  origin: 'custom',
  hasStatus: true,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  // As Harvester's clients call theirs.
  namePrefix: 'hvst-upgrade-',
  withoutVerbs: [],
  columns: [
    ageColumn,
    {
      name: 'State',
      type: 'string',
      description: 'How far it is.',
      priority: 1,
      cell: ({ metadata }) => metadata.labels?.[upgradeLabels.state],
    },
    {
      name: 'Target',
      type: 'string',
      description: 'The version, or the image that holds its ISO.',
      priority: 1,
      cell: ({ spec }) => spec.version ?? spec.image,
    },
    {
      name: 'Previous',
      type: 'string',
      description: 'The version that ran before.',
      priority: 1,
      cell: ({ status }) => status?.previousVersion,
    },
  ],
  selectableFields: {},
  applyDefaults: ({ spec }: Partial<Upgrade>) => {
    if (spec !== undefined) spec.logEnabled ??= true
  },
  validate: (upgrade, old) => (old === undefined ? [] : validateUnchanged(upgrade.spec, old.spec)),
  warnings: ({ spec }) =>
    spec.upgradeImage === undefined
      ? []
      : ['spec.upgradeImage has no effect: the steps of an upgrade come with the release and run in no container'],
}

const fixedFields = ['version', 'image', 'logEnabled', 'upgradeImage'] as const

/** What is under way would go on to where it began. */
function validateUnchanged(spec: UpgradeSpec, old: UpgradeSpec): FieldError[] {
  return fixedFields
    .filter((field) => spec[field] !== old[field])
    .map((field) => invalid(`spec.${field}`, spec[field], 'field is immutable: delete the Upgrade and create another'))
}
