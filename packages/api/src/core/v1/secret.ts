import {
  type ApiObject,
  ageColumn,
  base64Length,
  type FieldError,
  fromBase64,
  invalid,
  type ResourceDefinition,
  required,
  toBase64,
  tooLong,
} from '../../meta/index.ts'
import { maxDataBytes, tooManyBytes, validateFrozen, validateKeys } from './keyed-data.ts'

export interface Secret extends ApiObject {
  /** Values in base64. */
  data?: Record<string, string>
  /** Values as they are, to write only: they move into `data` at once. */
  stringData?: Record<string, string>
  type?: string
  immutable?: boolean
}

export const secretDefinition: ResourceDefinition<Secret> = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  listKind: 'SecretList',
  plural: 'secrets',
  singular: 'secret',
  shortNames: [],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.core.v1.Secret',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    { name: 'Type', type: 'string', description: 'What the secret is for.', priority: 0, cell: (secret) => secret.type },
    {
      name: 'Data',
      type: 'string',
      description: 'The number of entries.',
      priority: 0,
      cell: (secret) => Object.keys(secret.data ?? {}).length,
    },
    ageColumn,
  ],
  selectableFields: { type: (secret) => secret.type ?? '' },
  applyDefaults: (secret) => {
    secret.type ||= 'Opaque'
    if (secret.stringData === undefined) return
    const encoded = Object.entries(secret.stringData).map(([key, value]) => [key, toBase64(value)])
    secret.data = { ...secret.data, ...(Object.fromEntries(encoded) as Record<string, string>) }
    delete secret.stringData
  },
  validate: validateSecret,
}

function validateSecret(secret: Secret, old: Secret | undefined): FieldError[] {
  const errors = validateKeys('data', secret.data)
  let bytes = 0
  for (const [key, value] of Object.entries(secret.data ?? {})) {
    const length = base64Length(value)
    if (length === undefined) errors.push(invalid(`data[${key}]`, redacted, 'must be base64'))
    else bytes += length
  }
  if (bytes > maxDataBytes) errors.push(tooLong('data', tooManyBytes))
  errors.push(...validateContents(secret))
  if (old !== undefined && secret.type !== old.type) errors.push(invalid('type', secret.type, 'field is immutable'))
  return [...errors, ...validateFrozen(secret, old, ['data'])]
}

const redacted = '<secret contents redacted>'
const accountAnnotation = 'kubernetes.io/service-account.name'

/** What each well-known type of secret must hold. */
function validateContents(secret: Secret): FieldError[] {
  const missing = (...keys: string[]): FieldError[] =>
    keys.filter((key) => secret.data?.[key] === undefined).map((key) => required(`data[${key}]`))
  const type: string = secret.type ?? ''
  switch (type) {
    case 'kubernetes.io/tls':
      return missing('tls.crt', 'tls.key')
    case 'kubernetes.io/ssh-auth':
      return missing('ssh-privatekey')
    case 'kubernetes.io/basic-auth': {
      const absent = missing('username', 'password')
      return absent.length === 2 ? absent : []
    }
    case 'kubernetes.io/dockercfg':
      return [...missing('.dockercfg'), ...validateJson(secret, '.dockercfg')]
    case 'kubernetes.io/dockerconfigjson':
      return [...missing('.dockerconfigjson'), ...validateJson(secret, '.dockerconfigjson')]
    case 'kubernetes.io/service-account-token': {
      const account = secret.metadata.annotations?.[accountAnnotation]
      return account ? [] : [required(`metadata.annotations[${accountAnnotation}]`)]
    }
    default:
      return []
  }
}

function validateJson(secret: Secret, key: string): FieldError[] {
  const encoded = secret.data?.[key]
  if (encoded === undefined) return []
  try {
    JSON.parse(fromBase64(encoded) ?? '')
    return []
  } catch {
    return [invalid(`data[${key}]`, redacted, 'must be JSON')]
  }
}
