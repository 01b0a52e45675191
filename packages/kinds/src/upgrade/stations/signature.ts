// Who signed the release, whether it is whole, and whether it may be installed here: every check once more, now that the
// release itself can be asked.

import { ReleaseRefused } from '../platform.ts'
import { preflightOf, releaseFactsOf } from '../preflight-facts.ts'
import { releaseImageOf } from '../release-image.ts'
import { taskStation } from '../station.ts'
import { overridesOf } from '../wish.ts'

export const signatureStation = taskStation('signature', async (pass, { signal, progress }) => {
  const { isoPath } = await releaseImageOf(pass)
  const release = await pass.ports.platform.releases.verify(isoPath, (done, of) => progress({ done, of, unit: 'bytes' }), signal)
  const { blockers } = await preflightOf(releaseFactsOf(release), pass.ports, {
    overridden: overridesOf(pass.upgrade),
    except: pass.upgrade,
  })
  const [first] = blockers
  if (first !== undefined) {
    const reasons = blockers.map(({ id, why }) => `${id}: ${why}`).join('; ')
    throw new ReleaseRefused('PreflightFailed', `${reasons}. ${first.verdict === 'pass' ? '' : first.mend}`)
  }
  return { release }
})
