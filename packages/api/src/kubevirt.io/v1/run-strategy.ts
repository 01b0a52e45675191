// Whether a virtual machine is to run: six strategies, and the older boolean that says the same with less.

export const runStrategies = ['Always', 'Halted', 'Manual', 'RerunOnFailure', 'Once', 'WaitAsReceiver'] as const

/**
 * `Always`: running, whatever happens. `Halted`: off. `Manual`: only start, stop and restart decide.
 * `RerunOnFailure`: running until it shuts down in order. `Once`: one run, however it ends.
 * `WaitAsReceiver`: waits for a machine that migrates here.
 */
export type RunStrategy = (typeof runStrategies)[number]

/** The fields of a VirtualMachine's spec that decide it. */
export interface RunState {
  /** Deprecated: `runStrategy` replaces it. */
  running?: boolean
  runStrategy?: string
}

/** Why no strategy can be told. Admission lets neither through. */
export class AmbiguousRunStrategy extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'AmbiguousRunStrategy'
  }
}

/** The strategy that holds. Without either field a machine is off; with both it is nobody's guess. */
export function effectiveRunStrategy(spec: RunState): RunStrategy {
  if (spec.running !== undefined && spec.runStrategy !== undefined) {
    throw new AmbiguousRunStrategy('running and runstrategy are mutually exclusive')
  }
  if (spec.running !== undefined) return runStrategyOfRunning(spec.running)
  const strategy = spec.runStrategy ?? 'Halted'
  if (!isRunStrategy(strategy)) throw new AmbiguousRunStrategy(`Invalid RunStrategy (${strategy})`)
  return strategy
}

/** What replaces the deprecated field. */
export function runStrategyOfRunning(running: boolean): RunStrategy {
  return running ? 'Always' : 'Halted'
}

export function isRunStrategy(text: string): text is RunStrategy {
  return runStrategies.some((strategy) => strategy === text)
}
