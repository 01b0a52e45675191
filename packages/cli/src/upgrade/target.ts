// Which release a command is about.

import { Option } from 'commander'
import { CommandError, type Connection } from '../connection.ts'
import { bringRelease } from './bring-release.ts'
import type { Teller } from './teller.ts'

export interface TargetFlags {
  iso?: string
  image?: string
  version?: string
}

export const targetOptions = (): Option[] => [
  new Option('--iso <file|url>', 'the ISO of the release; a file is uploaded, and goes on where it was interrupted'),
  new Option('--image <namespace/name>', 'an image in namespace harvester-system that holds the ISO'),
  new Option('--version <name>', 'a Version, as kubectl get versions -n harvester-system lists them'),
]

export interface Target {
  version?: string
  image?: string
}

/** Brings the ISO to the server where that is what was named. */
export async function targetFrom(flags: TargetFlags, connection: Connection, teller: Teller): Promise<Target> {
  const named = [flags.iso, flags.image, flags.version].filter((each) => each !== undefined)
  if (named.length !== 1)
    throw new CommandError('which release? Give one of --iso FILE, --image NAMESPACE/NAME, --version NAME', 2)
  if (flags.iso !== undefined) return { image: await bringRelease(flags.iso, connection, teller) }
  return flags.image === undefined ? { version: flags.version ?? '' } : { image: flags.image }
}

export const queryOf = (target: Target): string => new URLSearchParams({ ...target }).toString()
