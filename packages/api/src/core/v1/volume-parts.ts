// What a volume and the claim for it have in common.

import { type Column, type FieldError, notSupported, parseQuantity, type QuantityText, required } from '../../meta/index.ts'

/** By the name of what there is, which is `storage`. */
export type StorageAmounts = Partial<Record<string, QuantityText>>

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

/** `RWO,ROX` */
export const accessModesText = (modes: readonly string[] = []): string => modes.map((mode) => shortModes[mode] ?? mode).join(',')

export function validateAccessModes(modes: readonly string[] | undefined, field: string): FieldError[] {
  if (modes === undefined || modes.length === 0) return [required(field, 'at least 1 access mode is required')]
  return modes
    .filter((mode) => !Object.hasOwn(shortModes, mode))
    .map((mode) => notSupported(field, mode, Object.keys(shortModes)))
}

const volumeModes = ['Block', 'Filesystem']

export function validateVolumeMode(mode: string | undefined): FieldError[] {
  return mode === undefined || volumeModes.includes(mode) ? [] : [notSupported('spec.volumeMode', mode, volumeModes)]
}

/** What becomes of a volume without its claim. */
const reclaimPolicies = ['Delete', 'Retain']

export function validateReclaimPolicy(policy = '', field: string): FieldError[] {
  return reclaimPolicies.includes(policy) ? [] : [notSupported(field, policy, reclaimPolicies)]
}

/** How large that is; undefined where it is not said. */
export function storageBytes(amounts: StorageAmounts | undefined): bigint | undefined {
  const quantity = parseQuantity(amounts?.['storage'] ?? '')
  return quantity === undefined ? undefined : (quantity.nano + 999_999_999n) / 1_000_000_000n
}

export function textColumn<T>(name: string, description: string, priority: 0 | 1, cell: (object: T) => string | undefined) {
  return { name, type: 'string', description, priority, cell } as const satisfies Omit<Column, 'cell'> & { cell: unknown }
}
