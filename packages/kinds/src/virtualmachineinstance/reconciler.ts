// Keeps one machine for one instance: observe → decide → report → act one step.

import { isDeepStrictEqual } from 'node:util'
import { type VirtualMachineInstance, virtualMachineInstanceDefinition } from '@sheaf/api'
import {
  type Condition,
  findCondition,
  isBeingDeleted,
  keyOf,
  type ObjectKey,
  timestamp,
  withoutFinalizer,
} from '@sheaf/api/meta'
import { after, again, done, type Result } from '@sheaf/machinery/controller'
import { AgentSilent, LaunchRefused, type Machine } from '@sheaf/qemu'
import type { MachinePorts } from '../ports.ts'
import { condemnedAtAnnotation } from './condemned.ts'
import { decideNextStep, instanceFinalizer, isBeforeLaunch, type Step } from './decide.ts'
import { promiseThaw, thaw } from './actions/freeze-actions.ts'
import { networkRefusal } from './launch/guest-network.ts'
import type { Findings } from './guest-watch/findings.ts'
import type { GuestWatch } from './guest-watch/guest-watch.ts'
import { type ImageSights, seeImages } from './volumes/image-sights.ts'
import { pullEvents } from './volumes/image-words.ts'
import { launchPlanOf } from './launch/launch-plan.ts'
import { machineLacks, outOfMemory } from './launch/machine-limits.ts'
import type { Placing } from './place/placing.ts'
import { priorityClassLacks } from './place/priority.ts'
import { type Refusal, refuse } from './refusal.ts'
import { describeExit, isTrouble, reportOf } from './status.ts'
import { type LaunchFiles, locateFiles } from './volumes/volumes.ts'

interface Sight {
  machine: Machine | undefined
  files: LaunchFiles | undefined
  refusal: Refusal | undefined
  /** Of the images that it names; looked at only while a launch is ahead. */
  images: ImageSights
  /** Absent when nobody asks the guest. */
  findings?: Findings
}

/** What instances share beside the API: who has which place, and who is asked what. */
interface Beside {
  placing: Placing
  watch: GuestWatch
}

const noImages: ImageSights = new Map()

export async function reconcileVirtualMachineInstance(
  key: ObjectKey,
  ports: MachinePorts,
  { placing, watch }: Beside,
): Promise<Result> {
  const instances = ports.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
  const instance = await instances.find(key)
  if (instance === undefined) {
    watch.forget(key)
    return done
  }
  const seen = await observe(instance, ports, placing)
  const sight = { ...seen, findings: watch.attend(instance, seen.machine) }
  // Files are there only when a launch is ahead: then it takes its place as well.
  const { step, reported } = await (sight.files === undefined
    ? settle(instance, sight, ports)
    : placing.place(instance, (refusal) => settle(instance, refusal === undefined ? sight : { ...sight, refusal }, ports)))
  return act(step, reported, sight, ports)
}

async function settle(
  instance: VirtualMachineInstance,
  sight: Sight,
  ports: MachinePorts,
): Promise<{ step: Step; reported: VirtualMachineInstance }> {
  const step = decideNextStep(instance, {
    machine: sight.machine?.state,
    refusal: sight.refusal,
    nowMs: ports.clock.now(),
    livenessFailed: sight.findings?.liveness === 'fails',
  })
  return { step, reported: await report(instance, sight, step, ports) }
}

/** Files are looked up only while a launch is ahead. */
async function observe(instance: VirtualMachineInstance, ports: MachinePorts, placing: Placing): Promise<Sight> {
  const machine = await ports.hypervisor.find(instance.metadata.uid ?? '')
  if (machine !== undefined || isBeingDeleted(instance) || !isBeforeLaunch(instance))
    return { machine, files: undefined, refusal: undefined, images: noImages }
  const lacking =
    (await placing.refusalOf(instance)) ??
    machineLacks(instance, await ports.hypervisor.capabilities()) ??
    networkRefusal(instance)
  const refusal = lacking ?? (await priorityClassLacks(instance, ports))
  if (refusal !== undefined) return { machine, files: undefined, refusal, images: noImages }
  const images = await seeImages(instance, ports)
  const located = await locateFiles(instance, { ...ports, images })
  return located.kind === 'missing'
    ? { machine, files: undefined, refusal: located.refusal, images: images.sights }
    : { machine, files: located.files, refusal: undefined, images: images.sights }
}

/** Writes what is seen and what is about to be done, if that is anything new. Answers the object as it now stands. */
async function report(
  instance: VirtualMachineInstance,
  sight: Sight,
  step: Step,
  ports: MachinePorts,
): Promise<VirtualMachineInstance> {
  const next = reportOf(instance, {
    machine: sight.machine,
    refusal: sight.refusal,
    step,
    ...(sight.findings === undefined ? {} : { findings: sight.findings }),
    nodeName: ports.nodeName,
    now: timestamp(ports.clock),
  })
  if (isDeepStrictEqual(next, instance)) return instance
  const written = await ports.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).update(next)
  announce(instance, written, sight, ports)
  return written
}

function announce(
  before: VirtualMachineInstance,
  now: VirtualMachineInstance,
  { machine, refusal, images }: Sight,
  ports: MachinePorts,
): void {
  const phase = now.status?.phase
  announceAccess(before, now, ports)
  for (const event of pullEvents(before.status?.conditions as Condition[] | undefined, images)) ports.events.record(now, event)
  const refusedBefore = before.status?.conditions?.some((condition) => condition.message === refusal?.message)
  if (refusal !== undefined && refusal.reason !== 'Pulling' && refusedBefore !== true) {
    ports.events.record(now, { type: 'Warning', reason: refusal.reason, message: refusal.message })
  }
  announceFailedDisks(before, now, machine, ports)
  if (phase === before.status?.phase) return
  if (phase === 'Running')
    ports.events.record(now, { type: 'Normal', reason: 'Started', message: 'VirtualMachineInstance started.' })
  if (phase === 'Succeeded')
    ports.events.record(now, { type: 'Normal', reason: 'Stopped', message: 'The VirtualMachineInstance was shut down.' })
  if (phase !== 'Failed') return
  const exit = machine?.state.kind === 'exited' ? machine.state.exit : undefined
  if (exit?.cause === 'guest-panic')
    ports.events.record(now, { type: 'Warning', reason: 'GuestPanicked', message: 'VirtualMachineInstance has panicked' })
  if (exit !== undefined && !isTrouble(exit)) {
    ports.events.record(now, {
      type: 'Normal',
      reason: 'Stopped',
      message: `The VirtualMachineInstance was shut down: ${describeExit(exit, now)}.`,
    })
    return
  }
  const why = exit === undefined ? '' : ` (${describeExit(exit, now)})`
  ports.events.record(now, { type: 'Warning', reason: 'Stopped', message: `The VirtualMachineInstance crashed.${why}` })
}

function announceAccess(before: VirtualMachineInstance, now: VirtualMachineInstance, ports: MachinePorts): void {
  const access = findCondition(now.status?.conditions, 'AccessCredentialsSynchronized')
  const told = findCondition(before.status?.conditions, 'AccessCredentialsSynchronized')
  if (access === undefined || (access.status === told?.status && access.message === told.message)) return
  ports.events.record(
    now,
    access.status === 'True'
      ? { type: 'Normal', reason: 'AccessCredentialsSyncSuccess', message: 'Access credentials sync successful.' }
      : { type: 'Warning', reason: 'AccessCredentialsSyncFailed', message: `Access credentials sync failed: ${access.message}` },
  )
}

/** Once for each pause: the condition that tells of it is new. */
function announceFailedDisks(
  before: VirtualMachineInstance,
  now: VirtualMachineInstance,
  machine: Machine | undefined,
  ports: MachinePorts,
): void {
  const isFailing = ({ status }: VirtualMachineInstance): boolean =>
    status?.conditions?.some(({ type, reason }) => type === 'Paused' && reason === 'PausedIOError') === true
  if (!isFailing(now) || isFailing(before) || machine?.state.kind !== 'running') return
  for (const { name, isFull } of machine.state.failedDisks ?? []) {
    const trouble = isFull ? 'not enough space on volume' : 'IO error at the volume'
    ports.events.record(now, { type: 'Warning', reason: 'IOerror', message: `VM Paused due to ${trouble}: ${name}` })
  }
}

async function act(step: Step, instance: VirtualMachineInstance, sight: Sight, ports: MachinePorts): Promise<Result> {
  const id = instance.metadata.uid ?? ''
  switch (step.kind) {
    case 'none':
      return done
    case 'wait':
      return after(step.delayMs)
    case 'launch':
      return launch(instance, sight, ports)
    case 'thaw':
      return keepPromiseToThaw(instance, sight, ports)
    case 'condemn':
      await condemn(instance, ports)
      return again
    case 'pressPowerButton':
      if (step.isFirst)
        ports.events.record(instance, { type: 'Normal', reason: 'ShuttingDown', message: 'Signaled Graceful Shutdown' })
      await ports.hypervisor.pressPowerButton(id)
      return after(step.lookAgainMs)
    case 'kill':
      ports.events.record(instance, { type: 'Normal', reason: 'Deleted', message: 'VirtualMachineInstance stopping' })
      await ports.hypervisor.kill(id)
      return again
    case 'removeMachine':
      await ports.hypervisor.remove(id)
      return again
    case 'removeFinalizer':
      await removeFinalizer(instance, ports)
      return done
  }
}

/** The intent (phase Scheduled, and the plan in the state folder) is written before the process exists. */
async function launch(instance: VirtualMachineInstance, { machine, files }: Sight, ports: MachinePorts): Promise<Result> {
  const plan = machine?.plan ?? (files === undefined ? undefined : launchPlanOf(instance, files))
  if (plan === undefined) return again
  try {
    const launched = await ports.hypervisor.launch(plan)
    // Told at once: a look of its own would come after the launches of all who wait.
    const step = decideNextStep(instance, { machine: launched.state, refusal: undefined, nowMs: ports.clock.now() })
    await report(instance, { machine: launched, files, refusal: undefined, images: noImages }, step, ports)
    return again
  } catch (error) {
    if (!(error instanceof LaunchRefused)) throw error
    const refusal = refusalOf(error, instance)
    await report(instance, { machine, files, refusal, images: noImages }, { kind: 'wait', delayMs: retryRefusedLaunchMs }, ports)
    return after(retryRefusedLaunchMs)
  }
}

function refusalOf({ message, reason }: LaunchRefused, instance: VirtualMachineInstance): Refusal {
  if (reason === 'NoMemory') return outOfMemory(instance)
  return refuse('Synchronized', reason === 'ImageNotFound' ? 'ErrImagePull' : 'FailedCreate', message)
}

/** A full disk or a taken port may be mended at any time; looking costs a few system calls. */
const retryRefusedLaunchMs = 5_000

/** A frozen guest's agent keeps its channel open: where there is none, the guest has booted anew and nothing is frozen. */
async function keepPromiseToThaw(instance: VirtualMachineInstance, { machine }: Sight, ports: MachinePorts): Promise<Result> {
  const hasAgent = machine?.state.kind === 'running' && machine.state.agentConnected === true
  try {
    if (hasAgent) await thaw(instance, ports)
    else await promiseThaw(instance, undefined, ports)
    return done
  } catch (error) {
    if (!(error instanceof AgentSilent)) throw error
    return after(retryThawMs)
  }
}

/** An agent that is silent may only be slow. */
const retryThawMs = 5_000

/** In the words of the kubelet, which would end the container of QEMU now. */
async function condemn(instance: VirtualMachineInstance, ports: MachinePorts): Promise<void> {
  await ports.client
    .resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
    .patch(keyOf(instance), { metadata: { annotations: { [condemnedAtAnnotation]: new Date(ports.clock.now()).toISOString() } } })
  ports.events.record(instance, { type: 'Normal', reason: 'Killing', message: 'Container compute failed liveness probe' })
}

async function removeFinalizer(instance: VirtualMachineInstance, ports: MachinePorts): Promise<void> {
  const next = withoutFinalizer(instance, instanceFinalizer)
  await ports.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).update(next)
}
