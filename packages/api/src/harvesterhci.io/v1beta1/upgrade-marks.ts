// Labels and annotations of an upgrade and of what belongs to it, as Harvester's clients read and write them.

export const upgradeLabels = {
  /** On an Upgrade: how far it is, one of `upgradeStates`. */
  state: 'harvesterhci.io/upgradeState',
  /** On an Upgrade: `true` on the newest only. */
  latest: 'harvesterhci.io/latestUpgrade',
  /** On an Upgrade that has ended: `Pending` until what it made is gone, then `Succeeded`. */
  cleanup: 'harvesterhci.io/upgradeCleanup',
  /** On an Upgrade: `true` when somebody has read how it ended. */
  readMessage: 'harvesterhci.io/read-message',
  /** On everything that an Upgrade makes: the name of the Upgrade. */
  upgrade: 'harvesterhci.io/upgrade',
  /** On everything that an Upgrade makes: which part it is, such as `repo`. */
  component: 'harvesterhci.io/upgradeComponent',
} as const

export const upgradeAnnotations = {
  /** Boolean text: the rules about which version can be upgraded to which are not applied. */
  skipVersionCheck: 'harvesterhci.io/skip-version-check',
  /** `true`: create and delete are not checked against the state of the platform. */
  skipWebhook: 'harvesterhci.io/skipWebhook',
  /** Boolean text: how full the disk is does not matter. */
  skipDiskCheck: 'harvesterhci.io/skipGarbageCollectionThresholdCheck',
  /** Days for which certificates must still hold. */
  minCertificateDays: 'harvesterhci.io/minCertsExpirationInDay',
  /** JSON: name of a node → `pause` or `unpause`. */
  pauseMap: 'harvesterhci.io/node-upgrade-pause-map',
} as const

/** In their order; the last two are ends. */
export const upgradeStates = [
  'PreparingLoggingInfra',
  'LoggingInfraPrepared',
  'PreparingRepo',
  'RepoPrepared',
  'PreparingNodes',
  'UpgradingSystemServices',
  'UpgradingNodes',
  'Succeeded',
  'Failed',
] as const
export type UpgradeState = (typeof upgradeStates)[number]

/** In the order in which they appear: `Completed` is there first and is decided last. */
export const upgradeConditionTypes = [
  'Completed',
  'LogReady',
  'ImageReady',
  'RepoReady',
  'NodesPrepared',
  'SystemServicesUpgraded',
  'NodesUpgraded',
] as const
export type UpgradeConditionType = (typeof upgradeConditionTypes)[number]
