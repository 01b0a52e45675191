// What lies in the folder that Sheaf is installed in.

import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export const supervisorFolder = (prefix: string): string => join(prefix, 'supervisor')
/** Public keys of those whose releases are installed here. */
export const trustFolder = (prefix: string): string => join(prefix, 'trust')
/** Runs the release that is current. */
export const programPath = (prefix: string): string => join(prefix, 'bin', 'sheaf')

/** All that is ours there. */
export const ownEntries = ['releases', 'supervisor', 'slots.json', 'slots.json.new', 'trust', 'bin']

export function defaultPrefix(isRoot: boolean): string {
  return isRoot ? '/opt/sheaf' : join(homedir(), '.local', 'opt', 'sheaf')
}

/** Something in it that no installation of ours has, not even one that was cut short. */
export function strangeEntry(prefix: string): string | undefined {
  if (!existsSync(prefix)) return undefined
  return readdirSync(prefix).find((name) => !ownEntries.includes(name))
}
