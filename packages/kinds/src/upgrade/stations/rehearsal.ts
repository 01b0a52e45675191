// The new release on a copy of the store, with simulated machines: what it could not do is known before anything is touched.

import { ReleaseRefused } from '../platform.ts'
import { taskStation, targetOf } from '../station.ts'

export const rehearsalStation = taskStation('rehearsal', async (pass, { signal }) => {
  const rehearsal = await pass.ports.platform.rehearse(targetOf(pass), pass.id, signal)
  if (!rehearsal.ok)
    throw new ReleaseRefused('RehearsalFailed', rehearsal.problems.join('; ') || 'the new release did not say what is wrong')
  return { rehearsal }
})
