// The hand-over. The supervisor alone says how it ends: whoever looks here, the old release or the new one, reads that.

import { ReleaseRefused } from '../platform.ts'
import { type Pass, sinceMs, type StationWork, targetOf } from '../station.ts'
import { confirmTimeoutMs } from '../wish.ts'

export const switchStation: StationWork = {
  async observe(pass) {
    const outcome = outcomeOf(pass)
    if (outcome?.result === 'confirmed') return { state: 'done' }
    if (outcome !== undefined)
      return { state: 'failed', reason: 'TakenBack', message: outcome.why ?? 'the release did not prove itself' }
    const sight = pass.tasks.look(pass.id, 'switch')
    return sight.state === 'failed' ? sight : { state: 'underWay', sinceMs: sinceMs(pass, 'switch') }
  },

  async pursue(pass) {
    const { platform } = pass.ports
    // The new release that proves itself looks at its own trial.
    if (outcomeOf(pass) !== undefined || platform.installed().version === targetOf(pass)) return
    pass.tasks.ensure(pass.id, 'switch', async ({ signal }) => {
      const answer = await platform.switchTo(targetOf(pass), pass.id, confirmTimeoutMs(pass.upgrade))
      if (answer.kind === 'not-tried') throw new ReleaseRefused('NotTried', answer.why)
      // This process has nothing left to do but to end; to ask again would be to try twice.
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    })
  },

  /** The supervisor has started the old release again, with the store as it was handed over: this is it. */
  undo: async () => 'undone',
}

function outcomeOf({ ports, id }: Pass) {
  const { outcome } = ports.platform.installed()
  return outcome?.id === id ? outcome : undefined
}
