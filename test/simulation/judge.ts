// Between what is seen and what the model says.

import { rememberedRunStrategyAnnotation, type VirtualMachine, type VirtualMachineInstance } from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import { countingMs, isRestartRequired, type Model, type ModelInstance, type ModelVm, type Strategy, wordOf } from './model.ts'
import type { Sight } from './observe.ts'

/** Sentences about where they differ. */
export function compare(model: Model, { vm, vmi, machine }: Sight): string[] {
  const pairs: readonly (readonly [what: string, seen: unknown, said: unknown])[] = [
    ['there is a VM', vm !== undefined, model.vm !== undefined],
    ['there is an instance', vmi !== undefined, model.instance !== undefined],
    ['strategy', vm && strategyOf(vm), model.vm?.strategy],
    ['remembered strategy', vm?.metadata.annotations?.[rememberedRunStrategyAnnotation], model.vm?.remembered],
    ['running is used', vm?.spec.running !== undefined, model.vm?.speaksOfRunning ?? false],
    ['instance', vmi && stateOf(vmi, machine), model.instance?.state],
    ['printableStatus', vm?.status?.printableStatus, wordOf(model)],
    ['failures in a row', vm?.status?.startFailure?.consecutiveFailCount, model.vm?.failures?.count],
    ['a start waits', vm?.status?.stateChangeRequests !== undefined, model.vm?.request !== undefined],
  ]
  const needsRestart = isRestartRequired(model)
  const saysRestart = findCondition(vm?.status?.conditions, 'RestartRequired') !== undefined
  return [...pairs, ['RestartRequired', saysRestart, needsRestart ?? saysRestart] as const]
    .filter(([, seen, said]) => seen !== said)
    .map(([what, seen, said]) => `${what}: ${String(seen)}, the model says ${String(said)}`)
}

/** A model of what is seen, after too much happened at once to be foreseen. */
export function adopt({ vm, vmi, machine }: Sight, serial: number, before: ModelInstance | undefined): Model {
  return {
    vm: vm && vmFrom(vm, vmi?.metadata.uid === vm.status?.startFailure?.lastFailedVMIUID ? serial : undefined),
    instance: vmi && {
      serial,
      state: stateOf(vmi, machine),
      hasRun: vmi.status?.phaseTransitionTimestamps?.some(({ phase }) => phase === 'Running') ?? false,
      endedAtMs: 0,
      startsPaused: vmi.spec.startStrategy === 'Paused',
      hostname: before?.serial === serial && before.hostname === undefined ? undefined : hostnameOf(vmi, vm),
      hasImage: (vmi.spec.volumes ?? []).length > 0,
      tellsPanic: (vmi.spec.domain.devices.panicDevices ?? []).length > 0,
    },
  }
}

/** Known of instances that this VM itself made. */
function hostnameOf(vmi: VirtualMachineInstance, vm: VirtualMachine | undefined): string | undefined {
  const isItsOwn = vmi.spec.domain.firmware?.uuid === vm?.spec.template.spec.domain.firmware?.uuid
  return isItsOwn ? vmi.spec.hostname : undefined
}

function vmFrom({ metadata, spec, status }: VirtualMachine, lastSerial: number | undefined): ModelVm {
  const failure = status?.startFailure
  const overMs = Date.parse(failure?.retryAfterTimestamp ?? '')
  return {
    strategy: strategyOf({ spec }),
    speaksOfRunning: spec.running !== undefined,
    remembered: metadata.annotations?.[rememberedRunStrategyAnnotation] as Strategy | undefined,
    recorded: status?.runStrategy as Strategy | undefined,
    request: requestIn(status?.stateChangeRequests?.[0]),
    failures: failure && {
      count: failure.consecutiveFailCount ?? 0,
      lastSerial,
      overMs: { earliest: overMs, latest: overMs + countingMs },
    },
    hostname: spec.template.spec.hostname ?? '',
    hasImage: (spec.template.spec.volumes ?? []).length > 0,
    tellsPanic: (spec.template.spec.domain.devices.panicDevices ?? []).length > 0,
  }
}

type Request = NonNullable<NonNullable<VirtualMachine['status']>['stateChangeRequests']>[number]

function requestIn(request: Request | undefined): ModelVm['request'] {
  if (request?.action !== 'Start') return undefined
  return request.data?.['paused'] === 'true' ? 'start paused' : 'start'
}

function strategyOf({ spec }: Pick<VirtualMachine, 'spec'>): Strategy {
  if (spec.running !== undefined) return spec.running ? 'Always' : 'Halted'
  return spec.runStrategy as Strategy
}

function stateOf(vmi: VirtualMachineInstance, machine: Sight['machine']): ModelInstance['state'] {
  if (machine?.state.kind === 'running') return machine.state.paused ? 'paused' : 'running'
  if (vmi.status?.phase === 'Succeeded') return 'succeeded'
  return vmi.status?.phase === 'Failed' ? 'failed' : 'waiting'
}
