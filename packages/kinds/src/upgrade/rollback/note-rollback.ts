// Journal first, then the log of the upgrade, for people.

import type { UpgradePorts } from '../ports.ts'
import type { RollbackEntry } from './rollback-journal.ts'

type WithoutTime = RollbackEntry extends infer Entry ? (Entry extends RollbackEntry ? Omit<Entry, 'atMs'> : never) : never

export async function noteRollback(upgradeId: string, said: WithoutTime, { platform, clock }: UpgradePorts): Promise<void> {
  const atMs = clock.now()
  await platform.rollbackJournal(upgradeId).append({ ...said, atMs })
  const level = said.kind === 'givenUp' ? 'error' : 'info'
  platform.log(upgradeId).append({ time: new Date(atMs).toISOString(), level, message: messageOf(said) })
}

function messageOf(said: WithoutTime): string {
  switch (said.kind) {
    case 'begun':
      return `rolls back: ${said.from} is to hand over to ${said.to}`
    case 'rewritten': {
      const { changed, left } = said.report
      return `${changed} objects are in the other release's words${left.length === 0 ? '' : `; left as they are: ${left.join('; ')}`}`
    }
    case 'givenUp':
      return `the rollback does not come about: ${said.why}`
    case 'ended':
      return 'the rollback has ended'
  }
}
