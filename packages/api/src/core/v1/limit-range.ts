import {
  type ApiObject,
  createdAtColumn,
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  nanoOf,
  type QuantityText,
  type ResourceDefinition,
  required,
} from '../../meta/index.ts'

/** By the name of what is limited, such as `memory` or `cpu`. */
type Amounts = Partial<Record<string, QuantityText>>

export interface LimitRangeItem {
  /** `Container` and `Pod` are about instances, `PersistentVolumeClaim` about claims. */
  type: string
  max?: Amounts
  min?: Amounts
  /** The limits of one that says none. */
  default?: Amounts
  defaultRequest?: Amounts
  maxLimitRequestRatio?: Amounts
}

/** How large a single thing in a namespace may be, and what it is given where it does not say. */
export interface LimitRange extends ApiObject {
  spec?: { limits: LimitRangeItem[] }
}

export const limitRangeDefinition: ResourceDefinition<LimitRange> = {
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  listKind: 'LimitRangeList',
  plural: 'limitranges',
  singular: 'limitrange',
  shortNames: ['limits'],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.core.v1.LimitRange',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [createdAtColumn],
  selectableFields: {},
  applyDefaults: ({ spec }) => {
    for (const item of spec?.limits ?? []) if (item.type === 'Container') fillDefaults(item)
  },
  validate: ({ spec }) => validateLimits(spec?.limits ?? []),
}

/** As Kubernetes: who says no more is given the most; who says no less asks for what is given, or for the least. */
function fillDefaults(item: LimitRangeItem): void {
  const most = { ...item.max, ...item.default }
  const least = { ...item.min, ...most, ...item.defaultRequest }
  if (Object.keys(most).length > 0) item.default = most
  if (Object.keys(least).length > 0) item.defaultRequest = least
}

const standardTypes: readonly string[] = ['Container', 'Pod', 'PersistentVolumeClaim']

function validateLimits(limits: readonly LimitRangeItem[]): FieldError[] {
  const seen = new Set<string>()
  return limits.flatMap((item, index) => {
    const field = `spec.limits[${index}]`
    const isAgain = seen.has(item.type)
    seen.add(item.type)
    return [
      ...(standardTypes.includes(item.type) || item.type.includes('/')
        ? []
        : [invalid(`${field}.type`, item.type, 'must be a standard limit type or fully qualified')]),
      ...(isAgain ? [duplicate(`${field}.type`, item.type)] : []),
      ...formFindings(item, field),
      ...amountFindings(item, field),
    ]
  })
}

function formFindings({ type, min, max, ...item }: LimitRangeItem, field: string): FieldError[] {
  if (type === 'Pod')
    return (['default', 'defaultRequest'] as const)
      .filter((name) => item[name] !== undefined)
      .map((name) => forbidden(`${field}.${name}`, "may not be specified when `type` is 'Pod'"))
  if (type !== 'PersistentVolumeClaim' || min?.['storage'] !== undefined || max?.['storage'] !== undefined) return []
  return [required(field, 'either minimum or maximum storage value is required, but neither was provided')]
}

/** Each pair must be in this order: what may be less, how it is called, what may be more, where it is told. */
const orders = [
  ['min', 'min value', 'max', 'max value', 'min'],
  ['min', 'min value', 'defaultRequest', 'default request value', 'defaultRequest'],
  ['defaultRequest', 'default request value', 'max', 'max value', 'defaultRequest'],
  ['defaultRequest', 'default request value', 'default', 'default limit value', 'defaultRequest'],
  ['min', 'min value', 'default', 'default value', 'default'],
  ['default', 'default value', 'max', 'max value', 'default'],
] as const

function amountFindings(item: LimitRangeItem, field: string): FieldError[] {
  const findings: FieldError[] = []
  for (const [name, lessName, other, moreName, told] of orders)
    for (const [key, less] of Object.entries(item[name] ?? {})) {
      const more = item[other]?.[key]
      if (less === undefined || more === undefined || nanoOf(less) <= nanoOf(more)) continue
      const why = `${lessName} ${less} is greater than ${moreName} ${more}`
      findings.push(invalid(`${field}.${told}[${key}]`, String(item[told]?.[key]), why))
    }
  for (const [key, ratio] of Object.entries(item.maxLimitRequestRatio ?? {}))
    if (ratio !== undefined && nanoOf(ratio) < nanoOf('1'))
      findings.push(invalid(`${field}.maxLimitRequestRatio[${key}]`, String(ratio), `ratio ${ratio} is less than 1`))
  return findings
}
