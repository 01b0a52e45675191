// What to do next about a virtual machine, by the word in its STATUS column: commands that work as they stand.

import { rememberedRunStrategy } from '../kubevirt.io/v1/remembered-run-strategy.ts'
import { effectiveRunStrategy, type RunStrategy } from '../kubevirt.io/v1/run-strategy.ts'
import type { PrintableStatus, VirtualMachine } from '../kubevirt.io/v1/virtual-machine.ts'
import { findCondition } from '../meta/index.ts'

interface About {
  vm: VirtualMachine
  strategy: RunStrategy
  /** As a command takes it: `web`, or `web -n shop`. */
  name: string
}

export function nextMoves(vm: VirtualMachine, status: PrintableStatus): string[] {
  return moves[status]({ vm, strategy: effectiveRunStrategy(vm.spec), name: commandName(vm) })
}

export function commandName({ metadata }: Pick<VirtualMachine, 'metadata'>): string {
  const { name = '', namespace = 'default' } = metadata
  return namespace === 'default' ? name : `${name} -n ${namespace}`
}

const watch = ({ name }: About): string => `kubectl get vm ${name} -w`
const edit = ({ name }: About, what: string): string => `kubectl edit vm ${name}   (${what})`
const again = 'it is looked for again by itself'

const moves: Readonly<Record<PrintableStatus, (about: About) => string[]>> = {
  Terminating: (about) => [watch(about), `sheaf stop ${about.name} --force   (ends its guest at once)`],
  Stopping: (about) => [watch(about), `sheaf stop ${about.name} --force   (ends its guest at once)`],
  Migrating: (about) => [watch(about)],
  Paused: ({ name }) => [`sheaf unpause ${name}`],
  Running: ({ vm, name }) => [
    `sheaf console ${name}`,
    `sheaf logs ${name}`,
    ...(findCondition(vm.status?.conditions, 'RestartRequired') ? [`sheaf restart ${name}   (to take the changes over)`] : []),
  ],
  ErrorPvcNotFound: (about) => [`Make the claim: ${again}.`, edit(about, 'to name another one')],
  DataVolumeError: (about) => [`kubectl describe vm ${about.name}`, edit(about, 'to fill the disk from elsewhere')],
  ErrorUnschedulable: (about) => [edit(about, 'to take out what this machine does not offer'), 'sheaf doctor'],
  Provisioning: (about) => [watch(about)],
  WaitingForVolumeBinding: (about) => [watch(about)],
  ErrImagePull: noImage,
  ImagePullBackOff: noImage,
  Starting: (about) => [watch(about), `sheaf logs ${about.name}`],
  CrashLoopBackOff: crashLoop,
  Stopped: stopped,
  WaitingForReceiver: (about) => [edit(about, 'to give it another run strategy')],
  Unknown: (about) => [watch(about), `kubectl describe vm ${about.name}`],
}

function noImage(about: About): string[] {
  return [
    `Mend what the registry lacks, give it an imagePullSecret, or put the image into a folder: ${again}.`,
    edit(about, 'to name another one'),
  ]
}

function crashLoop(about: About): string[] {
  const { name, strategy } = about
  const tryNow = strategy === 'RerunOnFailure' ? `sheaf start ${name}` : `sheaf stop ${name} && sheaf start ${name}`
  return [`${tryNow}   (tries at once and forgets the failures)`, edit(about, 'to change what makes it fail')]
}

function stopped({ vm, strategy, name }: About): string[] {
  switch (strategy) {
    case 'Always':
      return ['It is about to be started.']
    case 'Once':
      return [`sheaf stop ${name} && sheaf start ${name}   (Once does not start it again; this makes it run once more)`]
    case 'Halted':
      return [`sheaf start ${name}   (it becomes ${vm.spec.running === undefined ? rememberedRunStrategy(vm) : 'running: true'})`]
    case 'RerunOnFailure':
    case 'Manual':
    case 'WaitAsReceiver':
      return [`sheaf start ${name}`]
  }
}
