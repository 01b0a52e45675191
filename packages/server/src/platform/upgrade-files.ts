// Where an upgrade keeps what is its own, by the upgrade's id.

import { join } from 'node:path'
import type { DataFolder } from '../data-folder.ts'

/** An id becomes part of paths. */
const idShape = /^[A-Za-z0-9-]{1,100}$/

export function upgradeFolder({ root }: Pick<DataFolder, 'root'>, id: string): string {
  return join(root, 'upgrades', checked(id))
}

/** Before an upgrade has changed anything. */
export const copyBefore = (store: string, id: string): string => join(store, '..', `before-${checked(id)}.db`)
/** As one release handed it to the next. */
export const copyAtHandOver = (store: string, id: string): string => join(store, '..', `handover-${checked(id)}.db`)

function checked(id: string): string {
  if (idShape.test(id)) return id
  throw new Error(`"${id}" cannot name an upgrade: it takes letters, digits and dashes`)
}
