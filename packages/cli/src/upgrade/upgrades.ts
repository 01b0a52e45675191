// What the commands of an upgrade share: where its objects and its actions are.

import { harvesterSystemNamespace, type Upgrade, upgradeDefinition, upgradeLabels } from '@sheaf/api'
import { bodyText, type Client, type ResourceClient } from '@sheaf/api/client'
import type { Json } from '@sheaf/api/meta'
import { CommandError } from '../connection.ts'

export const actionsPath = '/apis/subresources.sheaf.io/v1'
export const actionPath = (name: string, action: string): string =>
  `${actionsPath}/namespaces/${harvesterSystemNamespace}/upgrades/${name}/${action}`

export const upgradesOf = (client: Client): ResourceClient<Upgrade> => client.resource<Upgrade>(upgradeDefinition)

export async function ask<T>(client: Client, method: 'GET' | 'PUT', path: string, body?: Json): Promise<T> {
  return JSON.parse(await bodyText((await client.request(method, path, body)).body)) as T
}

/** The newest, unless one is named. */
export async function chosenUpgrade(client: Client, name: string | undefined): Promise<Upgrade> {
  if (name !== undefined) return upgradesOf(client).get({ namespace: harvesterSystemNamespace, name })
  const { items } = await upgradesOf(client).list({ namespace: harvesterSystemNamespace })
  const newest = items.toSorted((a, b) => ageOf(a).localeCompare(ageOf(b))).at(-1)
  if (newest === undefined) throw new CommandError('there is no upgrade. Begin one with: sheaf upgrade start --iso FILE.iso')
  return newest
}

const ageOf = ({ metadata }: Upgrade): string => `${metadata.creationTimestamp ?? ''} ${metadata.name ?? ''}`

export const stateOf = ({ metadata }: Upgrade): string => metadata.labels?.[upgradeLabels.state] ?? ''
/** What was made for it is gone too: another one may begin. */
export const isThrough = ({ metadata }: Upgrade): boolean => metadata.labels?.[upgradeLabels.cleanup] === 'Succeeded'
export const hasEnded = (upgrade: Upgrade): boolean => ['Succeeded', 'Failed'].includes(stateOf(upgrade))
