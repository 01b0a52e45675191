import { type ApiObject, ageColumn, type FieldError, invalid, type ResourceDefinition } from '../../meta/index.ts'

/**
 * A person who comes with a client certificate. Sheaf user add makes one. A certificate is taken only as long as the
 * User of its name names it: deleting the User shuts its certificate out at once.
 */
export interface User extends ApiObject {
  /** The certificate that is taken. */
  spec: UserSpec
}

export interface UserSpec {
  /** The serial number of the certificate, in hexadecimal digits. Any other of the same name is refused. */
  serialNumber: string
  /** The groups that the certificate names, for people to read. */
  groups?: string[]
  /**
   * When the certificate ends, for people to read.
   * @format date-time
   */
  notAfter?: string
}

export const userDefinition: ResourceDefinition<User> = {
  group: 'sheaf.io',
  version: 'v1',
  kind: 'User',
  listKind: 'UserList',
  plural: 'users',
  singular: 'user',
  shortNames: [],
  categories: [],
  scope: 'Cluster',
  schemaName: 'io.sheaf.v1.User',
  origin: 'custom',
  hasStatus: false,
  countsGeneration: true,
  createsOnUpdate: false,
  // People are called as their certificates call them, such as anna@example.org.
  nameRule: 'path-segment',
  withoutVerbs: [],
  columns: [
    {
      name: 'Groups',
      type: 'string',
      description: 'The groups that the certificate names.',
      priority: 0,
      cell: ({ spec }) => spec.groups?.join(','),
    },
    {
      name: 'Ends',
      type: 'string',
      description: 'When the certificate ends.',
      priority: 0,
      cell: ({ spec }) => spec.notAfter,
    },
    ageColumn,
  ],
  selectableFields: {},
  validate: ({ spec, metadata }) => [...validateSerial(spec.serialNumber), ...validateName(metadata.name ?? '')],
}

/** As certificates tell it: no zeros before it, capital letters. */
const serialPattern = /^[0-9A-F]{1,40}$/

function validateSerial(serialNumber: string): FieldError[] {
  const why = 'must be the serial number of a certificate, as up to 40 hexadecimal digits in capitals'
  return serialPattern.test(serialNumber) ? [] : [invalid('spec.serialNumber', serialNumber, why)]
}

function validateName(name: string): FieldError[] {
  return name.startsWith('system:')
    ? [invalid('metadata.name', name, 'names that begin with system: are the platform’s own')]
    : []
}
