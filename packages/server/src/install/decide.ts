// Whether a release may be put into a folder. Pure.

import { compareVersions, isVersion } from '@sheaf/upgrade'

export interface InstallWish {
  prefix: string
  dataFolder: string
  /** Of the release that is to be installed. */
  version: string
  /** What is current there now. */
  installed: string | undefined
  /** Something there that is none of ours. */
  strangeEntry: string | undefined
  /** A server holds the data folder. */
  isServing: boolean
  allowsDowngrade: boolean
}

export type InstallDecision =
  /** Nothing is there yet, or a first installation was cut short. */
  | { kind: 'first' }
  /** The same release once more: whatever is missing comes back. */
  | { kind: 'repair' }
  /** It becomes the current one at the next start. */
  | { kind: 'replace'; previous: string }
  | { kind: 'refuse'; why: string }

export function decideInstall(wish: InstallWish): InstallDecision {
  const { prefix, dataFolder, version, installed, strangeEntry, isServing, allowsDowngrade } = wish
  if (!isVersion(version)) return refuse(`"${version}" is not a version such as 1.2.0: the release does not say which it is`)
  if (strangeEntry !== undefined)
    return refuse(`${prefix} holds something else (${strangeEntry}): name an empty folder, or one of your own, with --prefix`)
  if (isInside(dataFolder, prefix) || isInside(prefix, dataFolder))
    return refuse(`program and data must not lie in one another: ${prefix} and ${dataFolder}; choose with --prefix and --data`)
  if (installed === undefined) return { kind: 'first' }
  if (installed === version) return { kind: 'repair' }
  if (isVersion(installed) && compareVersions(version, installed) < 0 && !allowsDowngrade)
    return refuse(
      `${installed} is installed in ${prefix}, and ${version} is older. To go back to the release before, use: sheaf upgrade rollback. To install it all the same, without looking at what is stored: --allow-downgrade`,
    )
  if (isServing)
    return refuse(
      `${installed} serves from ${prefix}. To go to ${version} with every guest running on, use: sheaf upgrade start. Or end the server first`,
    )
  return { kind: 'replace', previous: installed }
}

const refuse = (why: string): InstallDecision => ({ kind: 'refuse', why })

const isInside = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)
