import { type ApiObject, type ResourceDefinition, qualifiedKind } from '../../meta/index.ts'

/**
 * That somebody sends a deprecated field: which one, who, with which program, and when last. Sheaf writes these from the
 * requests that it is sent; nobody has to. Deleting one forgets it until it happens again.
 */
export interface DeprecatedFieldUse extends ApiObject {
  /** The rule that names the field, as in the reference of deprecated fields and in sheaf lint, such as running. */
  rule: string
  /** Where the field stands in the object, such as spec.running. */
  field: string
  /** What to write instead. */
  replacement: string
  /** What the objects are that it was sent for. */
  resource: DeprecatedFieldUseResource
  /** Who sent it, as the server knows them. */
  user: string
  /** The program that sent it, as it calls itself in its User-Agent, without its version, such as kubectl. */
  client: string
  /** The whole User-Agent of the latest request. */
  userAgent?: string
  /** Some of the objects that it was sent for, as namespace/name, the latest first. At most ten. */
  objects?: string[]
  /**
   * The first request.
   * @format date-time
   */
  firstSeen: string
  /**
   * The latest request.
   * @format date-time
   */
  lastSeen: string
  /** How many requests sent it, dry runs and refused ones included. */
  count: number
}

/** What the objects are that a deprecated field was sent for. */
export interface DeprecatedFieldUseResource {
  /** Their API group; empty for the core group. */
  group: string
  /** The version of the group that the latest request named. */
  version: string
  /** Their Kind, such as VirtualMachine. */
  kind: string
  /** Their name in URLs, such as virtualmachines. */
  plural: string
}

type Use = DeprecatedFieldUse

const text = (name: string, priority: 0 | 1, description: string, cell: (use: Use) => string | undefined) =>
  ({ name, type: 'string', description, priority, cell }) as const

const date = (name: string, priority: 0 | 1, description: string, cell: (use: Use) => string) =>
  ({ name, type: 'date', description, priority, cell }) as const

export const deprecatedFieldUseDefinition: ResourceDefinition<DeprecatedFieldUse> = {
  group: 'sheaf.io',
  version: 'v1',
  kind: 'DeprecatedFieldUse',
  listKind: 'DeprecatedFieldUseList',
  plural: 'deprecatedfielduses',
  singular: 'deprecatedfielduse',
  shortNames: ['dfu'],
  categories: [],
  scope: 'Cluster',
  schemaName: 'io.sheaf.v1.DeprecatedFieldUse',
  origin: 'custom',
  // It is an observation as a whole, like an Event: there is nothing in it that anybody could wish for.
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    text('Field', 0, 'Where the field stands in the object.', ({ field }) => field),
    text('Kind', 1, 'What the objects are that it was sent for.', ({ resource }) => qualifiedKind(resource)),
    text('User', 0, 'Who sent it.', ({ user }) => user),
    text('Client', 0, 'The program that sent it.', ({ client }) => client),
    date('First Seen', 1, 'How long ago it was sent first.', ({ firstSeen }) => firstSeen),
    date('Last Seen', 0, 'How long ago it was sent last.', ({ lastSeen }) => lastSeen),
    { name: 'Count', type: 'integer', description: 'How many requests sent it.', priority: 0, cell: ({ count }) => count },
    text('Objects', 1, 'Some of the objects that it was sent for.', ({ objects }) => objects?.join(',')),
    text('Replacement', 1, 'What to write instead.', ({ replacement }) => replacement),
  ],
  selectableFields: {
    rule: ({ rule }) => rule,
    field: ({ field }) => field,
    user: ({ user }) => user,
    client: ({ client }) => client,
  },
}

/**
 * The ConfigMap beside the uses that says since when they are complete: a field that is not among them was not sent since
 * then. Before that nobody counted, or what was counted has been forgotten.
 */
export const deprecatedFieldRecord = { namespace: 'kube-system', name: 'deprecated-field-uses' } as const
/** Its key. */
export const completeSinceKey = 'completeSince'
