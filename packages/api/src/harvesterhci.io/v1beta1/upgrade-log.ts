import { type ApiObject, type FieldError, invalid, type ResourceDefinition } from '../../meta/index.ts'
import type { HarvesterCondition } from './harvester-condition.ts'

/** The log of one upgrade, which stays when the upgrade has ended. Made by Sheaf for an Upgrade with spec.logEnabled. */
export interface UpgradeLog extends ApiObject {
  /** Whose log it is. */
  spec: UpgradeLogSpec
  /** What there is of it. Written by Sheaf. */
  status?: UpgradeLogStatus
}

export interface UpgradeLogSpec {
  /** The name of the Upgrade. Cannot be changed. */
  upgradeName: string
}

export interface UpgradeLogStatus {
  /** Copies of the log that were made to be downloaded, by their names. */
  archives?: { [name: string]: UpgradeLogArchive }
  /**
   * LoggingOperatorReady and InfraReady: what writes the log is there. Started: it is being written. Stopped: the upgrade has
   * ended, and so has the log. DownloadReady: it can be downloaded.
   */
  conditions?: HarvesterCondition[]
}

export interface UpgradeLogArchive {
  /** Its bytes. */
  size?: number
  /** When it was made, as in RFC 3339. */
  generatedTime?: string
  /** Whether it can be downloaded. */
  ready?: boolean
  /** Why not. */
  reason?: string
}

export const upgradeLogConditionTypes = ['LoggingOperatorReady', 'InfraReady', 'Started', 'Stopped', 'DownloadReady'] as const

export const upgradeLogDefinition: ResourceDefinition<UpgradeLog> = {
  group: 'harvesterhci.io',
  version: 'v1beta1',
  kind: 'UpgradeLog',
  listKind: 'UpgradeLogList',
  plural: 'upgradelogs',
  singular: 'upgradelog',
  shortNames: [],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.harvesterhci.v1beta1.UpgradeLog',
  origin: 'custom',
  hasStatus: true,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    {
      name: 'UPGRADE',
      type: 'string',
      description: 'Whose log it is.',
      priority: 0,
      cell: ({ spec }) => spec.upgradeName,
    },
  ],
  selectableFields: {},
  validate: (log, old) => (old === undefined ? [] : validateUnchanged(log.spec, old.spec)),
}

function validateUnchanged({ upgradeName }: UpgradeLogSpec, old: UpgradeLogSpec): FieldError[] {
  return upgradeName === old.upgradeName ? [] : [invalid('spec.upgradeName', upgradeName, 'spec.upgradeName is immutable')]
}
