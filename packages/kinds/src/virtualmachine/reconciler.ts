// Keeps one instance, or none, for one virtual machine: observe → decide → report → act one step. What is written to
// the status says what is about to be done, so that a process that dies between two steps is continued by the next.

import {
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import type { Client, ResourceClient } from '@sheaf/api/client'
import { isAlreadyExists, isConflict, isNotFound, keyOf, type ObjectKey, type ObjectMeta } from '@sheaf/api/meta'
import { after, again, done, type Result } from '@sheaf/machinery/controller'
import type { VirtualMachinePorts as Ports } from '../ports.ts'
import { strategyPatch } from './carry-out.ts'
import type { Trouble } from './conditions.ts'
import { decideDressed, decideNextStep, type Step } from './decide.ts'
import { type Dressed, dress, inFull, storing } from './instancetype/dress.ts'
import { findMatched } from './instancetype/find-matched.ts'
import { keepRevisions } from './instancetype/keep-revisions.ts'
import { controllerReference, generationAnnotation, instanceFromTemplate } from './instance-from-template.ts'
import { controllerFinalizer } from './observed-instance.ts'
import { statusOf } from './status.ts'

interface Observed {
  vm: VirtualMachine
  /** The instance of the VM's name. */
  vmi: VirtualMachineInstance | undefined
  dressed: Dressed
}

type SeenInstance = Observed & { vmi: VirtualMachineInstance }

export async function reconcileVirtualMachine(key: ObjectKey, ports: Ports): Promise<Result> {
  const vm = await virtualMachines(ports.client).find(key)
  if (vm === undefined) return done
  const vmi = await instances(ports.client).find(key)
  const dressed = dress(vm, await findMatched(vm, ports.client))
  const step = decideDressed(decideNextStep(inFull(vm, dressed), vmi, ports.clock.now()), vm, dressed)
  const observed = { vm, vmi, dressed }
  await act(step, { ...observed, vm: await report(observed, step, ports) }, ports)
  return resultOf(step, dressed, ports)
}

/** An instance type that is not there may come without a word to the machine that names it. */
const lookAgainMs = 10_000

function resultOf(step: Step, { trouble }: Dressed, ports: Ports): Result {
  if (step.kind === 'blocked' && trouble !== undefined) return after(lookAgainMs)
  if (step.kind === 'waitUntil') return after(Math.max(0, step.timeMs - ports.clock.now()))
  return step.kind === 'none' || step.kind === 'blocked' ? done : again
}

/** Writes the status if it says anything new. Answers the VM as it is now stored. */
async function report({ vm, vmi, dressed }: Observed, step: Step, ports: Ports, trouble?: Trouble): Promise<VirtualMachine> {
  const pass = {
    step,
    nowMs: ports.clock.now(),
    random: ports.random,
    isTemplateKnown: dressed.template !== undefined,
    ...(trouble === undefined ? {} : { trouble }),
  }
  const status = statusOf(inFull(vm, dressed), vmi, pass)
  if (status === vm.status || status === undefined) return vm
  return virtualMachines(ports.client).updateStatus({ ...vm, status })
}

async function act(step: Step, { vm, vmi, dressed }: Observed, ports: Ports): Promise<void> {
  const vms = virtualMachines(ports.client)
  switch (step.kind) {
    case 'none':
    case 'blocked':
    case 'waitUntil':
      return
    case 'addFinalizer':
      return write(vms, vm, { finalizers: [...(vm.metadata.finalizers ?? []), controllerFinalizer] })
    case 'removeFinalizer':
      // What its machines kept, the memory of a TPM above all, is its own.
      await ports.hypervisor.discardKept(vm.metadata.uid ?? '')
      return write(vms, vm, { finalizers: withoutOurs(vm.metadata.finalizers) })
    case 'switchStrategy':
      await vms.patch(keyOf(vm), strategyPatch(vm, step.to), { type: 'json' })
      return
    case 'storeRevisions':
      return storeRevisions(step, { vm, vmi, dressed }, ports)
    case 'createInstance':
      return createInstance(step, { vm, vmi, dressed }, ports)
    case 'deleteInstance':
    case 'adoptInstance':
    case 'releaseInstance':
    case 'orphanInstance':
    case 'noteGeneration':
      // They are decided for an instance that was seen only.
      if (vmi !== undefined) await actOnInstance(step, { vm, vmi, dressed }, ports)
  }
}

type InstanceStep = Extract<
  Step,
  { kind: 'deleteInstance' | 'adoptInstance' | 'releaseInstance' | 'orphanInstance' | 'noteGeneration' }
>

async function actOnInstance(step: InstanceStep, { vm, vmi, dressed }: SeenInstance, ports: Ports) {
  const { annotations, finalizers, ownerReferences = [] } = vmi.metadata
  const change = (metadata: ObjectMeta) => write(instances(ports.client), vmi, metadata)
  switch (step.kind) {
    case 'deleteInstance':
      return deleteInstance(step, { vm, vmi, dressed }, ports)
    case 'adoptInstance':
      return change({
        // It counted the generations of somebody else.
        annotations: omitKey(annotations, generationAnnotation),
        ownerReferences: [...ownerReferences, controllerReference(vm)],
        finalizers: [...withoutOurs(finalizers), controllerFinalizer],
      })
    case 'releaseInstance':
      return change({ finalizers: withoutOurs(finalizers) })
    case 'orphanInstance':
      return change({
        ownerReferences: ownerReferences.filter((owner) => owner.uid !== vm.metadata.uid),
        finalizers: withoutOurs(finalizers),
      })
    case 'noteGeneration':
      return change({ annotations: { ...annotations, [generationAnnotation]: String(vm.metadata.generation ?? 0) } })
  }
}

/** The status speaks of those that are there. */
async function storeRevisions(step: Step, { vm, vmi, dressed }: Observed, ports: Ports): Promise<void> {
  const { revisions, refs } = dressed
  try {
    await keepRevisions(revisions, ports.client)
  } catch (error) {
    const message = `${storing}: ${textOf(error)}`
    ports.events.record(vm, { type: 'Warning', reason: 'FailedCreate', message })
    await report({ vm, vmi, dressed }, step, ports, { reason: 'FailedCreate', message })
    throw error
  }
  await virtualMachines(ports.client).updateStatus({ ...vm, status: { ...vm.status, ...refs } })
}

/** The name is the VM's own: whoever creates it twice meets the first one. */
async function createInstance(
  step: Extract<Step, { kind: 'createInstance' }>,
  { vm, dressed }: Observed,
  ports: Ports,
): Promise<void> {
  try {
    const vmi = await instances(ports.client).create(instanceFromTemplate(inFull(vm, dressed), step))
    const message = `Started the virtual machine by creating the new virtual machine instance ${vmi.metadata.name}`
    ports.events.record(vm, { type: 'Normal', reason: 'SuccessfulCreate', message })
  } catch (error) {
    // The next pass looks at the one that is there.
    if (isAlreadyExists(error)) return
    const text = textOf(error)
    const eventText = `Error creating virtual machine instance: ${text}`
    ports.events.record(vm, { type: 'Warning', reason: 'FailedCreate', message: eventText })
    await report({ vm, vmi: undefined, dressed }, step, ports, {
      reason: 'FailedCreate',
      message: `Failure while starting VMI: ${text}`,
    })
    throw error
  }
}

async function deleteInstance(step: Step, { vm, vmi, dressed }: SeenInstance, ports: Ports): Promise<void> {
  const { name, uid = '' } = vmi.metadata
  try {
    await instances(ports.client).delete(keyOf(vmi), { preconditions: { uid } })
    const message = `Stopped the virtual machine by deleting the virtual machine instance ${uid}`
    ports.events.record(vm, { type: 'Normal', reason: 'SuccessfulDelete', message })
  } catch (error) {
    // Gone already, or another one by now: the next pass looks again.
    if (isNotFound(error) || isConflict(error)) return
    const text = textOf(error)
    const eventText = `Error deleting virtual machine instance ${name}: ${text}`
    ports.events.record(vm, { type: 'Warning', reason: 'FailedDelete', message: eventText })
    await report({ vm, vmi, dressed }, step, ports, { reason: 'FailedDelete', message: `Failure while stopping VMI: ${text}` })
    throw error
  }
}

const virtualMachines = (client: Client) => client.resource<VirtualMachine>(virtualMachineDefinition)
const instances = (client: Client) => client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)

/** Refused when the object has changed since it was read: then the next pass decides anew. */
async function write<T extends VirtualMachine | VirtualMachineInstance>(
  resource: ResourceClient<T>,
  object: T,
  metadata: ObjectMeta,
): Promise<void> {
  await resource.update({ ...object, metadata: { ...object.metadata, ...metadata } })
}

function omitKey(annotations: Readonly<Record<string, string>> = {}, key: string): Record<string, string> {
  const { [key]: _omitted, ...kept } = annotations
  return kept
}

function withoutOurs(finalizers: readonly string[] = []): string[] {
  return finalizers.filter((each) => each !== controllerFinalizer)
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
