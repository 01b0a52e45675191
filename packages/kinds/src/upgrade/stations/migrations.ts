// What is stored, rewritten as the release wants it; written back when the way leads back.

import { taskStation, targetOf } from '../station.ts'

export const migrationsStation = taskStation(
  'migrations',
  async (pass, { signal, progress }) => ({
    migrations: await pass.ports.platform.migrate({
      version: targetOf(pass),
      id: pass.id,
      direction: 'forward',
      onProgress: (done, of) => progress({ done, of, unit: 'objects' }),
      signal,
    }),
  }),
  async (pass) => {
    await pass.ports.platform.migrate({ version: targetOf(pass), id: pass.id, direction: 'backward' })
    return 'undone'
  },
)
