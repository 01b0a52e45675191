// The Kind Upgrade.

export * from './kind.ts'
