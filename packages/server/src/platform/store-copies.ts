import { existsSync } from 'node:fs'
import type { StoreCopies } from '@sheaf/kinds'
import { copyStore, removeStore } from '@sheaf/machinery/store'
import type { DataFolder } from '../data-folder.ts'
import { copyAtHandOver, copyBefore } from './upgrade-files.ts'

/** The store may be open and written. */
export function storeCopies({ store }: Pick<DataFolder, 'store'>, workerUrl: URL): StoreCopies {
  return {
    copy: (id) => copyStore({ path: store, target: copyBefore(store, id), workerUrl }),
    hasCopy: async (id) => existsSync(copyBefore(store, id)),
    async removeCopies(id) {
      for (const path of [copyBefore(store, id), copyAtHandOver(store, id)])
        for (const each of [path, `${path}.new`]) await removeStore(each)
    },
  }
}
