// What is stored, rewritten as the release wants it; written back when the way leads back.

import { taskStation, targetOf } from '../station.ts'

const never = new AbortController().signal

export const migrationsStation = taskStation(
  'migrations',
  async (pass, { signal, progress }) => ({
    migrations: await pass.ports.platform.migrate(
      targetOf(pass),
      pass.id,
      'forward',
      (done, of) => progress({ done, of, unit: 'objects' }),
      signal,
    ),
  }),
  async (pass) => {
    await pass.ports.platform.migrate(targetOf(pass), pass.id, 'backward', () => {}, never)
    return 'undone'
  },
)
