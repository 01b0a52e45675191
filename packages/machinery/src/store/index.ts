// The door of the store: revisioned objects, in memory or on disk, and the lock of the folder they live in.

export { checkStore } from './check-store.ts'
export { copyStore, copyStoreAside, removeStore, type StoreCopy } from './copy-store.ts'
export { type DiskStoreOptions, openDiskStore } from './disk.ts'
export { StoreUnreadable } from './disk-format.ts'
export { acquireInstanceLock, type InstanceLock, InstanceLocked, type LockHolder } from './instance-lock.ts'
export { openMemoryStore } from './memory.ts'
export { restoreStore, type StoreRestore } from './restore-store.ts'
export { HISTORY_LIMITS, type HistoryLimits } from './retention.ts'
export type { StoreOptions } from './revisioned-store.ts'
export * from './store.ts'
