import { type ApiObject, type FieldError, invalid, type ResourceDefinition } from '../../meta/index.ts'
import { downloadUrlProblem } from './download-source.ts'

/** A release that this platform can be upgraded to: an Upgrade names it in spec.version. */
export interface Version extends ApiObject {
  /** Where the release is, and from which versions it can be reached. */
  spec: VersionSpec
}

export interface VersionSpec {
  /** Where the ISO of the release is downloaded from. */
  isoURL: string
  /** The SHA-512 of the ISO as 128 hexadecimal digits. Left out, only the signature of the release is checked. */
  isoChecksum?: string
  /** When it was released, for people. */
  releaseDate?: string
  /** The oldest version that can be upgraded to it. Left out, any can. */
  minUpgradableVersion?: string
  /** Marks of the release, such as dev for one that is offered whatever the versions are. */
  tags?: string[]
}

const text = (name: string, description: string, cell: (version: Version) => string | undefined) =>
  ({ name, type: 'string', description, priority: 0, cell }) as const

export const versionDefinition: ResourceDefinition<Version> = {
  group: 'harvesterhci.io',
  version: 'v1beta1',
  kind: 'Version',
  listKind: 'VersionList',
  plural: 'versions',
  singular: 'version',
  shortNames: [],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.harvesterhci.v1beta1.Version',
  origin: 'custom',
  hasStatus: false,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    text('ISO-URL', 'Where its ISO is downloaded from.', ({ spec }) => spec.isoURL),
    text('ReleaseDate', 'When it was released.', ({ spec }) => spec.releaseDate),
    text('MinUpgradableVersion', 'The oldest version that can be upgraded to it.', ({ spec }) => spec.minUpgradableVersion),
  ],
  selectableFields: {},
  validate: ({ spec }) => validateUrl(spec.isoURL),
}

function validateUrl(isoUrl: string): FieldError[] {
  const problem = downloadUrlProblem(isoUrl)
  return problem === undefined ? [] : [invalid('spec.isoURL', isoUrl, problem)]
}
