import { describe, expect, it } from 'vitest'
import { AmbiguousRunStrategy, effectiveRunStrategy, runStrategies } from './run-strategy.ts'
import { virtualMachineDefinition } from './virtual-machine.ts'

describe('the run strategy that holds', () => {
  it.each(runStrategies.map((strategy) => [{ runStrategy: strategy }, strategy] as const))('%j is %s', (spec, expected) => {
    expect(effectiveRunStrategy(spec)).toBe(expected)
  })

  it('running true means Always, false means Halted, and nothing means Halted', () => {
    expect(effectiveRunStrategy({ running: true })).toBe('Always')
    expect(effectiveRunStrategy({ running: false })).toBe('Halted')
    expect(effectiveRunStrategy({})).toBe('Halted')
  })

  it('both fields, or a word that is no strategy, are nobody’s guess', () => {
    expect(() => effectiveRunStrategy({ running: true, runStrategy: 'Always' })).toThrow(AmbiguousRunStrategy)
    expect(() => effectiveRunStrategy({ runStrategy: 'Sometimes' })).toThrow('Invalid RunStrategy (Sometimes)')
  })

  it('spec.running is warned of, whatever it says; runStrategy is not', () => {
    const template = { spec: { domain: { devices: {} } } }
    const warnings = (state: object) =>
      virtualMachineDefinition.warnings?.({
        apiVersion: 'kubevirt.io/v1',
        kind: 'VirtualMachine',
        metadata: {},
        spec: { ...state, template },
      })
    expect(warnings({ running: false })).toEqual(['spec.running is deprecated, please use spec.runStrategy instead.'])
    expect(warnings({ runStrategy: 'Always' })).toEqual([])
  })
})
