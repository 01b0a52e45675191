// What marks a Version that was not made by hand.

export const versionMarks = {
  /** Label: `true` on a Version that was found where releases are published. It goes when it is not to be had any more. */
  discovered: 'sheaf.io/discovered',
  /** Annotation: where it was found. */
  discoveredFrom: 'sheaf.io/discovered-from',
} as const

/** Harvester's: a release that is offered whatever the versions are. */
export const developmentTag = 'dev'
