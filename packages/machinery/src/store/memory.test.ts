import { storeConformance } from './conformance.ts'
import { openMemoryStore } from './memory.ts'

storeConformance(
  'memory',
  async (options) => {
    const store = openMemoryStore(options)
    return { store, dispose: () => store.close() }
  },
  { modelRuns: 500 },
)
