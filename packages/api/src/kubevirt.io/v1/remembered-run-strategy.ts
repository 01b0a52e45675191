// The strategy that a halted virtual machine had before, so that a start can give it back. Harvester keeps it in this
// annotation, and its clients look for it there.

import type { RunStrategy } from './run-strategy.ts'
import type { VirtualMachine } from './virtual-machine.ts'

export const rememberedRunStrategyAnnotation = 'harvesterhci.io/vmRunStrategy'

/** Those that a start can give back. */
export const memorableRunStrategies = ['Always', 'RerunOnFailure', 'Manual', 'Once'] as const satisfies readonly RunStrategy[]
export type MemorableRunStrategy = (typeof memorableRunStrategies)[number]

/** Harvester's choice for a machine that was never anything but halted. */
const usualRunStrategy = 'RerunOnFailure'

/** What a start that gives back the strategy makes of a halted machine. */
export function rememberedRunStrategy({ metadata }: Pick<VirtualMachine, 'metadata'>): MemorableRunStrategy {
  const remembered = metadata.annotations?.[rememberedRunStrategyAnnotation]
  return isMemorableRunStrategy(remembered) ? remembered : usualRunStrategy
}

export function isMemorableRunStrategy(text: string | undefined): text is MemorableRunStrategy {
  return memorableRunStrategies.some((strategy) => strategy === text)
}
