import type { Migration } from './migration.ts'
import { runningToRunStrategy } from './running-to-run-strategy.ts'

/** Every rewriting that this release brings, in the order in which they go forward. A new one goes to the end. */
export const migrations: readonly Migration[] = [runningToRunStrategy]

export const migrationNames: readonly string[] = migrations.map(({ name }) => name)
