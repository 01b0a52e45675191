// What can be asked about upgrades beside the objects themselves: whether one may begin, what it would do, its log, and what is
// put together when one has failed.

import { type Upgrade, upgradeDefinition } from '@sheaf/api'
import { notFound, StatusError } from '@sheaf/api/meta'
import type { ActionCall, RequestAction } from '@sheaf/machinery/kind'
import { authorityNoticeDays, planUpgrade } from '@sheaf/upgrade'
import { jsonAnswer } from '../subresources.ts'
import { upgradeHistory } from './history.ts'
import { removeLeftovers } from './leftovers.ts'
import { isFinished } from './names.ts'
import type { UpgradePorts } from './ports.ts'
import { preflightOf } from './preflight-facts.ts'
import { knownTarget } from './target.ts'

const ours = { group: 'subresources.sheaf.io', versions: ['v1'], kind: 'request' } as const
const aboutOne = { ...ours, plural: upgradeDefinition.plural } as const

export function upgradeActions(ports: UpgradePorts): RequestAction[] {
  return [
    {
      ...ours,
      method: 'GET',
      action: 'upgrades/preflight',
      async run({ query }) {
        const overridden = (query.get('override') ?? '').split(',')
        return jsonAnswer(await preflightOf(await knownTarget(targetIn(query), ports), ports, { overridden }))
      },
    },
    {
      ...ours,
      method: 'GET',
      action: 'upgrades/plan',
      async run({ query }) {
        const { size } = await knownTarget(targetIn(query), ports)
        const { durations } = await upgradeHistory(ports)
        return jsonAnswer(planUpgrade({ releaseBytes: size.downloadBytes || size.unpackedBytes, history: durations }))
      },
    },
    {
      ...ours,
      method: 'PUT',
      action: 'upgrades/remove-leftovers',
      async run() {
        const { upgrades } = await upgradeHistory(ports)
        await removeLeftovers(ports, upgrades)
        return jsonAnswer({})
      },
    },
    {
      ...ours,
      method: 'PUT',
      action: 'upgrades/renew-certificates',
      async run() {
        await ports.platform.renewCertificates(authorityNoticeDays * 24 * 3600 * 1000)
        return jsonAnswer({})
      },
    },
    { ...aboutOne, method: 'GET', action: 'log', run: (call) => answerLog(call, ports) },
    { ...aboutOne, method: 'GET', action: 'support-bundle', run: (call) => answerBundle(call, ports) },
  ]
}

function targetIn(query: URLSearchParams): Upgrade['spec'] {
  return { version: query.get('version') ?? '', image: query.get('image') ?? '' }
}

async function upgradeOf({ namespace, name }: ActionCall, { client }: UpgradePorts): Promise<Upgrade> {
  const found = await client.resource<Upgrade>(upgradeDefinition).find({ namespace, name })
  if (found === undefined) throw notFound(upgradeDefinition, name)
  return found
}

/** `?from=BYTE`: what was written after it. Whoever follows asks again. */
async function answerLog(call: ActionCall, ports: UpgradePorts) {
  const { metadata } = await upgradeOf(call, ports)
  const from = Math.max(0, Number(call.query.get('from') ?? 0)) || 0
  const body = ports.platform.log(metadata.uid ?? '').read(from)
  return { status: 200, headers: { 'content-type': 'application/x-ndjson' }, body }
}

async function answerBundle(call: ActionCall, ports: UpgradePorts) {
  const upgrade = await upgradeOf(call, ports)
  const body = await ports.platform.bundle(upgrade.metadata.uid ?? '').read()
  const why = isFinished(upgrade) ? 'it did not fail' : 'it has not ended'
  if (body === undefined)
    throw new StatusError(
      404,
      'NotFound',
      `upgrade ${call.name} has no support bundle: ${why}; one is made when an upgrade fails`,
    )
  return { status: 200, headers: { 'content-type': 'application/gzip' }, body }
}
