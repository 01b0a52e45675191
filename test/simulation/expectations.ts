// What the model makes of a deed, and the code that the API is to answer. From KubeVirt's rules for each request.

import { become, endInstance, isRunning, type Model, type ModelVm, type Strategy } from './model.ts'
import type { Deed } from './operations.ts'

const accepted = 202
const done = 200
const created = 201
const noContent = 204
const conflict = 409
const missing = 404

/** Changes the model; undefined when nothing is asked of the API. */
export function expectDeed(model: Model, deed: Deed): number | undefined {
  const { vm } = model
  switch (deed.kind) {
    case 'create':
      if (vm !== undefined) return conflict
      model.vm = newVm(deed)
      // What the VM before was like is no business of this one.
      if (model.instance !== undefined) model.instance.hostname = undefined
      return created
    case 'start':
      return vm === undefined ? missing : start(model, vm, deed.paused)
    case 'start as before':
      return vm === undefined ? missing : startAsBefore(model, vm)
    case 'halt':
      if (vm === undefined) return missing
      become(vm, 'Halted')
      return noContent
    case 'stop':
      return vm === undefined ? missing : stop(model, vm)
    case 'restart':
      return vm === undefined ? missing : restart(model, vm)
    case 'pause':
      return hold(model, 'running', 'paused')
    case 'unpause':
      return hold(model, 'paused', 'running')
    case 'set strategy':
      if (vm === undefined) return missing
      setStrategy(vm, deed.to)
      return done
    case 'set hostname':
      if (vm === undefined) return missing
      vm.hostname = deed.to
      return done
    case 'delete VM':
      if (vm === undefined) return missing
      model.vm = undefined
      if (deed.policy !== 'Orphan') model.instance = undefined
      return done
    case 'delete instance': {
      const code = model.instance === undefined ? missing : done
      model.instance = undefined
      return code
    }
    case 'guest':
      guest(model, deed.does)
      return undefined
    case 'delete namespace':
    case 'QEMU':
    case 'image':
    case 'restart the control plane':
    case 'host goes down':
    case 'time passes':
    case 'clock jumps':
      return undefined
  }
}

function newVm({ runs, hasImage, tellsPanic }: Extract<Deed, { kind: 'create' }>): ModelVm {
  const vm: ModelVm = {
    strategy: 'Halted',
    speaksOfRunning: false,
    remembered: undefined,
    recorded: undefined,
    request: undefined,
    failures: undefined,
    hostname: 'one',
    hasImage,
    tellsPanic,
  }
  setStrategy(vm, runs)
  return vm
}

function setStrategy(vm: ModelVm, to: Strategy | boolean): void {
  // A switch from the one field to the other remembers what the first one said.
  if (vm.speaksOfRunning && vm.strategy !== 'Halted' && to === 'Halted') vm.remembered = vm.strategy
  vm.speaksOfRunning = typeof to === 'boolean'
  become(vm, to === true ? 'Always' : to === false ? 'Halted' : to)
}

function start(model: Model, vm: ModelVm, paused: boolean): number {
  const { instance } = model
  const isOver = instance?.state === 'succeeded' || instance?.state === 'failed'
  if (instance !== undefined && !isOver) return conflict
  if (vm.strategy === 'Always' || vm.strategy === 'Once') return conflict
  if (vm.strategy === 'Halted' && !paused) become(vm, 'Always')
  else request(model, vm, paused ? 'start paused' : 'start')
  return accepted
}

function startAsBefore(model: Model, vm: ModelVm): number {
  const isHalted = vm.strategy === 'Halted'
  const code = start(model, vm, isHalted && !vm.speaksOfRunning)
  if (code !== accepted) return code
  if (isHalted && !vm.speaksOfRunning) {
    become(vm, vm.remembered ?? 'RerunOnFailure')
    vm.request = 'start'
  }
  return noContent
}

/** Whatever is left of the last instance goes first. */
function request(model: Model, vm: ModelVm, start: ModelVm['request']): void {
  vm.request = start
  vm.failures = undefined
  model.instance = undefined
}

function stop(model: Model, vm: ModelVm): number {
  if (vm.strategy === 'Always' || vm.strategy === 'Once') {
    become(vm, 'Halted')
    return accepted
  }
  const { instance } = model
  if (instance === undefined || instance.state === 'succeeded' || instance.state === 'failed') return conflict
  // At rest a halted VM has none.
  request(model, vm, undefined)
  // The instance that goes was seen under this strategy.
  vm.recorded = vm.strategy
  return accepted
}

function restart(model: Model, vm: ModelVm): number {
  if (vm.strategy === 'Halted' || vm.strategy === 'Once' || model.instance === undefined) return conflict
  request(model, vm, 'start')
  return accepted
}

function hold({ instance }: Model, from: 'running' | 'paused', to: 'running' | 'paused'): number {
  if (instance === undefined) return missing
  if (instance.state !== from) return conflict
  instance.state = to
  return accepted
}

function guest({ instance }: Model, does: Extract<Deed, { kind: 'guest' }>['does']): void {
  if (!isRunning(instance)) return
  if (does === 'crash') endInstance(instance, 'failed')
  // A paused guest does nothing.
  if (instance?.state === 'paused') return
  if (does === 'shut down') endInstance(instance, 'succeeded')
  if (does === 'panic' && instance?.tellsPanic) endInstance(instance, 'failed')
}
