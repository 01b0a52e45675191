// What can be known when somebody asks for an upgrade is refused then, in the words of the check; every override is an
// annotation of the Upgrade, so it stays on record.

import type { Upgrade } from '@sheaf/api'
import { checks } from '@sheaf/upgrade'
import { deniedRequest } from '../harvester-denial.ts'
import type { UpgradePorts } from './ports.ts'
import { preflightOf } from './preflight-facts.ts'
import { isoOf, imageKeyOf, isMadeForUpgrade } from './release-image.ts'
import { knownTarget } from './target.ts'
import { overrideAnnotation, overridesOf } from './wish.ts'

export async function admitPreflight(upgrade: Upgrade, ports: UpgradePorts): Promise<void> {
  const overridden = overridesOf(upgrade)
  refuseUnknown(overridden)
  // It is looked at once it is here.
  if (!isMadeForUpgrade(upgrade) && !(await isHere(upgrade, ports))) return
  const { blockers } = await preflightOf(await knownTarget(upgrade.spec, ports), ports, { overridden, except: upgrade })
  if (blockers.length === 0) return
  const sentences = blockers.map((blocker) => {
    const mend = blocker.verdict === 'pass' ? '' : ` ${sentence(blocker.mend)}`
    const override = blocker.mayBeOverridden ? ` Or take the risk: annotation ${overrideAnnotation}: ${blocker.id}.` : ''
    return `${blocker.id}: ${blocker.why}.${mend}${override}`
  })
  throw deniedRequest(sentences.join(' '))
}

/** Some end with a command to type. */
const sentence = (text: string): string => (text.endsWith('.') ? text : `${text}.`)

const isHere = (upgrade: Upgrade, ports: UpgradePorts): Promise<boolean> =>
  isoOf(imageKeyOf(upgrade), ports).then(
    () => true,
    () => false,
  )

/** A check that was misspelt would block, or worse: somebody would believe that it does. */
function refuseUnknown(ids: readonly string[]): void {
  const unknown = ids.filter((id) => !checks.some((check) => check.id === id))
  if (unknown.length > 0)
    throw deniedRequest(
      `annotation ${overrideAnnotation} names no check: ${unknown.join(', ')}; there are ${checks.map(({ id }) => id).join(', ')}`,
    )
}
