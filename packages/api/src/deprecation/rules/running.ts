import { deprecationMessage } from '../deprecation-message.ts'
import type { DeprecationRule } from '../deprecation-rule.ts'
import { runStrategyOfRunning } from '../../kubevirt.io/v1/run-strategy.ts'
import { machineSpecs } from '../machine-places.ts'

/** KubeVirt's refusal when both are set. */
export const runningExcludesRunStrategy =
  'Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy instead'

export const runningRule: DeprecationRule = {
  id: 'running',
  places: machineSpecs,
  path: ['running'],
  severity: 'warned',
  since: 'v1.4',
  replacement: 'runStrategy: Always for true, Halted for false',
  says: '{path} is deprecated, please use {sibling} instead.',
  rewrite: {
    certainty: 'certain',
    edit: 'rename',
    key: 'runStrategy',
    values: [true, false].map((running) => ({ from: running, to: runStrategyOfRunning(running) })),
    clash: {
      says: runningExcludesRunStrategy,
      next: 'Decide which of the two was meant, write it as runStrategy, and delete running.',
    },
  },
  explain:
    'A boolean cannot say "again after a failure" or "leave it to me"; runStrategy can. Once a machine says runStrategy, ' +
    'whoever still patches spec.running on it is refused, so change scripts and manifests together.',
}

/** What the server answers to whoever writes it on a VirtualMachine. */
export const runningIsDeprecated = deprecationMessage(runningRule, {
  path: ['spec', 'running'],
  value: true,
  apiVersion: 'kubevirt.io/v1',
})
