// The rules of run strategies once more, written down from KubeVirt's behaviour and calling nothing of the product: a VM
// is some plain data, and what happens to it changes that data. It speaks of VMs at rest only, when everything that
// was to be done has been done, and time alone could change something.

import type { Start } from './host.ts'

export type Strategy = 'Always' | 'RerunOnFailure' | 'Manual' | 'Halted' | 'Once'
export type End = 'succeeded' | 'failed'

export interface ModelInstance {
  /** Another number is another instance. */
  serial: number
  /** `waiting`: its image is not there. */
  state: 'waiting' | 'running' | 'paused' | End
  hasRun: boolean
  endedAtMs: number
  startsPaused: boolean
  /** The hostname that it was made with; undefined when another VM made it. */
  hostname: string | undefined
  hasImage: boolean
  tellsPanic: boolean
}

export interface ModelVm {
  strategy: Strategy
  speaksOfRunning: boolean
  /** The last strategy that was not Halted, while it did not speak of running. */
  remembered: Strategy | undefined
  /** The strategy under which it last had an instance, as far as that was recorded. */
  recorded: Strategy | undefined
  /** A start that is still to come. */
  request: 'start' | 'start paused' | undefined
  failures: Failures | undefined
  hostname: string
  hasImage: boolean
  tellsPanic: boolean
}

export interface Failures {
  /** In a row, of instances that never ran. */
  count: number
  /** Undefined when that instance is gone. */
  lastSerial: number | undefined
  /** When the pause after the last one is over, as exactly as the rules say it. */
  overMs: { earliest: number; latest: number }
}

export interface Model {
  vm: ModelVm | undefined
  instance: ModelInstance | undefined
}

/** What the world was like while the model came to rest. */
export interface Surroundings {
  /** The last rest, and this one. */
  sinceMs: number
  nowMs: number
  imageIsThere: boolean
  /** Asked only where the rules leave it to chance. */
  seesInstance: boolean
  /** Starts of QEMU since the last rest, to be taken from the front. */
  starts: Start[]
  /** Until then nobody could act, because the clock jumped or there was no control plane. */
  heldUntilMs: number
  nextSerial(): number
}

/** Rules of the table that the world did not keep to. */
export class Disagreement extends Error {}

const retries = (strategy: Strategy): boolean => strategy === 'Always' || strategy === 'RerunOnFailure' || strategy === 'Once'
const waitsBeforeRetry = (strategy: Strategy): boolean => strategy === 'Always' || strategy === 'RerunOnFailure'
const isFinal = (instance: ModelInstance): boolean => instance.state === 'succeeded' || instance.state === 'failed'
export const isRunning = (instance: ModelInstance | undefined): boolean =>
  instance?.state === 'running' || instance?.state === 'paused'

/** 10·n² to 15·n² seconds, at most 300. */
const delaysMs = (failures: number) => ({
  least: Math.min(10 * failures ** 2, 300) * 1000,
  most: Math.min(15 * failures ** 2, 300) * 1000,
})
/** Times are kept in whole seconds, and a failure is counted when it is seen. */
export const countingMs = 3_000
/** A chain of failures longer than this would be a start without a pause. */
const mostSteps = 50

export function comeToRest(model: Model, around: Surroundings): void {
  for (let step = 0; step < mostSteps; step++) if (!takeStep(model, around)) return
  throw new Disagreement('the model does not come to rest')
}

function takeStep(model: Model, around: Surroundings): boolean {
  const { vm, instance } = model
  if (instance?.state === 'waiting' && (around.imageIsThere || !instance.hasImage)) return launch(instance, around)
  if (vm === undefined) return false
  countFailures(vm, instance, around)
  if (instance === undefined) return withoutInstance(model, vm, around)
  vm.request = undefined
  vm.recorded = vm.strategy
  return withInstance(model, vm, instance)
}

function countFailures(vm: ModelVm, instance: ModelInstance | undefined, { sinceMs, heldUntilMs }: Surroundings): void {
  if (!retries(vm.strategy)) vm.failures = undefined
  else if (instance === undefined) return
  else if (instance.hasRun) vm.failures = undefined
  else if (isFinal(instance) && vm.failures?.lastSerial !== instance.serial) {
    const count = (vm.failures?.count ?? 0) + 1
    const { least, most } = delaysMs(count)
    const seenMs = Math.max(instance.endedAtMs, sinceMs)
    const overMs = { earliest: seenMs + least, latest: Math.max(seenMs, heldUntilMs) + most + countingMs }
    vm.failures = { count, lastSerial: instance.serial, overMs }
  }
}

function withInstance(model: Model, vm: ModelVm, instance: ModelInstance): boolean {
  const goes = vm.strategy === 'Halted' || (waitsBeforeRetry(vm.strategy) && isFinal(instance))
  if (!goes) return false
  if (vm.strategy === 'RerunOnFailure' && instance.state === 'failed') vm.request = 'start'
  model.instance = undefined
  return true
}

function withoutInstance(model: Model, vm: ModelVm, around: Surroundings): boolean {
  // A switch to RerunOnFailure is noticed by this being another one.
  if (vm.recorded !== undefined && vm.strategy !== 'RerunOnFailure') vm.recorded = vm.strategy
  switch (vm.strategy) {
    case 'Always':
      return createAfterPause(model, vm, around)
    case 'RerunOnFailure':
      if (vm.request === undefined && vm.recorded === 'RerunOnFailure') return false
      return createAfterPause(model, vm, around)
    case 'Manual':
      return vm.request !== undefined && create(model, vm, around)
    case 'Halted':
      // Any other start is a leftover of the strategy before: ADR 0012.
      if (vm.request === 'start') vm.request = undefined
      if (vm.request === undefined) return false
      become(vm, 'Always')
      return true
    case 'Once':
      return create(model, vm, around)
  }
}

function create(model: Model, { hostname, hasImage, tellsPanic, request }: ModelVm, around: Surroundings): true {
  model.instance = {
    serial: around.nextSerial(),
    state: 'waiting',
    hasRun: false,
    endedAtMs: 0,
    startsPaused: request === 'start paused',
    hostname,
    hasImage,
    tellsPanic,
  }
  return true
}

function createAfterPause(model: Model, vm: ModelVm, around: Surroundings): boolean {
  if (vm.failures === undefined) return create(model, vm, around)
  const { count, overMs } = vm.failures
  // It may have been made to want this only now.
  const latestMs = Math.max(overMs.latest, around.heldUntilMs + countingMs, around.sinceMs + countingMs)
  const lacksImage = vm.hasImage && !around.imageIsThere
  const startMs = around.starts[0]?.atMs
  if (startMs !== undefined) {
    const offMs = startMs < overMs.earliest ? startMs - overMs.earliest : Math.max(0, startMs - latestMs)
    // An image may have come late.
    if (offMs < 0 || (offMs > 0 && !vm.hasImage))
      throw new Disagreement(`the start after failure ${count} was off by ${offMs} ms`)
    return create(model, vm, around)
  }
  if (around.nowMs < overMs.earliest) return false
  if (lacksImage && (around.nowMs > latestMs || around.seesInstance)) return create(model, vm, around)
  if (around.nowMs > latestMs) throw new Disagreement(`no start came within the pause after failure ${count}`)
  return false
}

function launch(instance: ModelInstance, { starts }: Surroundings): true {
  const start = starts.shift()
  if (start === undefined) throw new Disagreement('a machine is wanted, and none was started')
  instance.state = start.outcome === 'refused' ? 'failed' : instance.startsPaused ? 'paused' : 'running'
  instance.hasRun = start.outcome === 'runs'
  instance.endedAtMs = start.atMs
  return true
}

/** Whoever is halted remembers what it was. */
export function become(vm: ModelVm, strategy: Strategy): void {
  if (!vm.speaksOfRunning && strategy !== 'Halted') vm.remembered = strategy
  vm.strategy = strategy
}

/** What the machine's own end makes of an instance. */
export function endInstance(instance: ModelInstance | undefined, end: End): void {
  if (instance !== undefined && isRunning(instance)) instance.state = end
}

export function wordOf({ vm, instance }: Model): string | undefined {
  if (vm === undefined) return undefined
  if (instance?.state === 'running') return 'Running'
  if (instance?.state === 'paused') return 'Paused'
  if (instance?.state === 'waiting') return 'ErrImagePull'
  return vm.failures !== undefined ? 'CrashLoopBackOff' : 'Stopped'
}

/** Undefined where another VM made the instance: what that one was like is forgotten. */
export function isRestartRequired({ vm, instance }: Model): boolean | undefined {
  if (vm === undefined || instance === undefined || isFinal(instance)) return false
  return instance.hostname === undefined ? undefined : instance.hostname !== vm.hostname
}
