// For tests that are about something else: nothing ever comes.

import type { VirtualMachineImageStore } from './image-store.ts'

export const emptyImageStore: VirtualMachineImageStore = {
  look: async () => ({ kind: 'none' }),
  download: () => {},
  upload: async () => ({ kind: 'none' }),
  urlProblem: () => undefined,
  remove: async () => {},
  onChange: () => ({ close: () => {} }),
}
