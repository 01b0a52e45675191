// Waits for the end of an upgrade, across the moment in which one release ends and the next one answers.

import { setTimeout as pause } from 'node:timers/promises'
import { harvesterSystemNamespace, type Upgrade } from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { StatusError } from '@sheaf/api/meta'
import { CommandError } from '../connection.ts'
import { conditionLine } from './status.ts'
import type { Teller } from './teller.ts'
import { isThrough, upgradesOf } from './upgrades.ts'

const lookMs = 500
/** A hand-over takes a second and a restart of the machine minutes; after that somebody should have a look. */
const awayMs = 10 * 60_000

export async function followUpgrade(name: string, client: Client, teller: Teller): Promise<Upgrade> {
  for (let seenMs = Date.now(); ; await pause(lookMs)) {
    try {
      const upgrade = await upgradesOf(client).get({ namespace: harvesterSystemNamespace, name })
      seenMs = Date.now()
      teller.progress(conditionLine(upgrade))
      if (isThrough(upgrade)) return upgrade
    } catch (error) {
      if (error instanceof StatusError && error.code < 500 && error.code !== 429) throw error
      teller.progress('the server does not answer: one release ends and the next one takes over, or it is being started')
      if (Date.now() - seenMs > awayMs)
        throw new CommandError(
          `the server has not answered for ${awayMs / 60_000} min. What the upgrade did so far: sheaf upgrade log`,
          exitServerAway,
        )
    }
  }
}

export const exitServerAway = 4
