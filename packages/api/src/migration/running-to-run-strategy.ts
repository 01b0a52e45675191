import { rewriteStored } from '../deprecation/rewrite-patch.ts'
import { runningRule } from '../deprecation/rules/running.ts'
import type { Migration } from './migration.ts'

const rules = new Set([runningRule.id])

/** `spec.running` of machines, and of all that makes them, is said as `spec.runStrategy`: Always for true, Halted for false. */
export const runningToRunStrategy: Migration = {
  name: 'running-to-run-strategy',
  concerns: runningRule.places,
  rewrite(object) {
    const { changes, left } = rewriteStored(object, rules)
    return { changes, left: left.map(({ why, next }) => ({ why, next })) }
  },
}
