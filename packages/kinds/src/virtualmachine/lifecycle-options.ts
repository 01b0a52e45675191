// The bodies of start, stop and restart, made of whatever was sent.

import { badRequest, type Json, type JsonObject } from '@sheaf/api/meta'
import { cannotRead, dryRunIn, optionsIn } from '../action-options.ts'

export interface StartOptions {
  paused: boolean
  dryRun: boolean
}

export interface StopOptions {
  gracePeriodSeconds: number | undefined
  dryRun: boolean
}

export interface RestartOptions {
  /** At once instead of with the instance's own grace period. */
  force: boolean
  dryRun: boolean
}

export function startOptions(body: Json | undefined): StartOptions {
  const options = optionsIn(body)
  return { paused: booleanIn(options, 'paused') ?? false, dryRun: dryRunIn(options) }
}

export function stopOptions(body: Json | undefined): StopOptions {
  const options = optionsIn(body)
  return { gracePeriodSeconds: integerIn(options, 'gracePeriod'), dryRun: dryRunIn(options) }
}

export function restartOptions(body: Json | undefined): RestartOptions {
  const options = optionsIn(body)
  const gracePeriodSeconds = integerIn(options, 'gracePeriodSeconds')
  if (gracePeriodSeconds !== undefined && gracePeriodSeconds > 0) {
    throw badRequest('For force restart, only gracePeriod=0 is supported for now')
  }
  if (gracePeriodSeconds !== undefined && gracePeriodSeconds < 0) {
    throw badRequest('gracePeriod has to be greater or equal to 0')
  }
  return { force: gracePeriodSeconds === 0, dryRun: dryRunIn(options) }
}

/** Harvester's actions have no options of their own. */
export function onlyDryRunIn(body: Json | undefined): boolean {
  const options = optionsIn(body)
  const other = Object.keys(options).find((name) => name !== 'dryRun')
  if (other === undefined) return dryRunIn(options)
  throw badRequest(`this action has no option "${other}"; the one of the same name in subresources.kubevirt.io may have it`)
}

function booleanIn(options: JsonObject, name: string): boolean | undefined {
  const value = options[name] ?? undefined
  if (value === undefined || typeof value === 'boolean') return value
  throw cannotRead(name, 'a boolean', value)
}

function integerIn(options: JsonObject, name: string): number | undefined {
  const value = options[name] ?? undefined
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value))) return value
  throw cannotRead(name, 'a whole number', value)
}
