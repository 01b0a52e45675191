// Carries operations out one after the other, lets everything come to rest, and asks at every rest whether the rules
// hold and whether the model says the same.

import { errorChain } from '@sheaf/machinery/controller'
import { prepareStore, startControlPlane } from './control-plane.ts'
import { doDeed, ensureNamespace, keyOfSlot, machineName } from './deeds.ts'
import { expectDeed } from './expectations.ts'
import { openHost } from './host.ts'
import { breachesIn } from './invariants.ts'
import { adopt, compare } from './judge.ts'
import { comeToRest, Disagreement, endInstance, type Model } from './model.ts'
import { isAtRest, look, type View } from './observe.ts'
import { type Deed, describeOperation, type Operation, type Slot, slots } from './operations.ts'
import { becomeQuiet, longestStepMs, pass, type Platform, restart } from './pace.ts'

/** Longer than a retry after a lost race, a launch and a boot, and shorter than the shortest pause after a failure. */
const leastRestMs = 2_500
/** Longer than every grace period and every interval at which somebody looks again. */
const mostRestMs = 60_000
/** A guest that does not hear is ended with its host after this. */
const hostGraceMs = 8_000

interface Run extends Platform {
  models: Map<Slot, Model>
  uids: Map<Slot, { uid: string | undefined; serial: number }>
  serial: number
  lastRestMs: number
}

/** What went wrong, and at which operation. */
export interface Failure {
  message: string
  at: number
}

export async function simulate(operations: readonly Operation[]): Promise<Failure | undefined> {
  const host = openHost()
  const run: Run = {
    host,
    plane: startControlPlane(host),
    models: new Map(slots.map((slot) => [slot, { vm: undefined, instance: undefined }])),
    uids: new Map(),
    serial: 0,
    lastRestMs: host.clock.now(),
    heldUntilMs: 0,
  }
  let at = 0
  try {
    await prepareStore(run.plane)
    let isHasty = false
    for (const [index, operation] of operations.entries()) {
      at = index
      isHasty = await carryOut(run, operation, isHasty)
    }
    return undefined
  } catch (error) {
    return { message: error instanceof Disagreement ? error.message : errorChain(error), at }
  } finally {
    run.plane.kill()
    host.close()
  }
}

/** True when the next operation follows in haste: then only the rules are asked, not what exactly is to be. */
async function carryOut(run: Run, operation: Operation, wasHasty: boolean): Promise<boolean> {
  const { slot, deed, death, isHasty } = operation
  for (const { namespace } of slots.map(keyOfSlot)) if (!wasHasty) await ensureNamespace(namespace, run.plane.client)
  if (death !== undefined) run.plane.dieAt(death)
  const code = await doDeed(slot, deed, run.plane.client, run.host)
  await change(run, deed)
  const isExact = !wasHasty && !isHasty
  if (isExact) expectCode(code, expectInAllSlots(run, slot, deed))
  else if ((code ?? 0) >= 500) throw new Disagreement(`the answer is ${code}`)
  if (isHasty) {
    await becomeQuiet(run)
    return true
  }
  await settle(run)
  const view = await look(run.plane.client, run.host)
  expectNothing([...run.host.breaches, ...breachesIn(view)])
  judge(run, view, isExact)
  await expectRest(run)
  return false
}

function expectCode(code: number | undefined, expected: number | undefined): void {
  if (code !== expected) throw new Disagreement(`the answer is ${code}, the model says ${expected}`)
}

function expectNothing(breaches: readonly string[]): void {
  if (breaches.length > 0) throw new Disagreement(breaches.join('; '))
}

function expectInAllSlots({ models }: Run, slot: Slot, deed: Deed): number | undefined {
  const modelOf = (each: Slot): Model => models.get(each) ?? { vm: undefined, instance: undefined }
  if (deed.kind === 'host goes down') for (const each of slots) endInstance(modelOf(each).instance, 'failed')
  if (deed.kind !== 'delete namespace') return expectDeed(modelOf(slot), deed)
  for (const each of slots) {
    if (keyOfSlot(each).namespace === keyOfSlot(slot).namespace) models.set(each, { vm: undefined, instance: undefined })
  }
  return 200
}

/** What happens to time, to the host and to the control plane as a whole. */
async function change(run: Run, deed: Deed): Promise<void> {
  const { clock, machines } = run.host
  if (deed.kind === 'restart the control plane') restart(run)
  if (deed.kind === 'time passes') await pass(run, deed.seconds * 1000)
  if (deed.kind === 'clock jumps') {
    clock.advance(deed.seconds * 1000)
    run.heldUntilMs = clock.now()
  }
  if (deed.kind !== 'host goes down') return
  run.plane.kill()
  const hypervisor = machines.open()
  const running = (await hypervisor.list()).filter(({ state }) => state.kind === 'running')
  const down = running.map(({ id }) => hypervisor.shutDownWithHost(id, hostGraceMs))
  await pass(run, hostGraceMs)
  await Promise.all(down)
  restart(run)
}

async function settle(run: Run): Promise<void> {
  const { clock } = run.host
  const since = clock.now()
  await becomeQuiet(run)
  await pass(run, leastRestMs)
  while (!isAtRest(await look(run.plane.client, run.host), run.host)) {
    if (clock.now() - since > mostRestMs) throw new Disagreement('it does not come to rest')
    await pass(run, longestStepMs)
  }
  await becomeQuiet(run)
  run.host.breaches.push(...run.plane.complaints.splice(0))
}

/** Whoever looks again at what is at rest writes nothing. */
async function expectRest(run: Run): Promise<void> {
  const { revision } = run.host.store
  run.plane.dieAt({ effect: Number.POSITIVE_INFINITY, moment: 'before' })
  run.plane.enqueue(slots.map(keyOfSlot))
  await becomeQuiet(run)
  if (run.host.store.revision !== revision) throw new Disagreement('another look at what is at rest wrote something')
  run.lastRestMs = run.host.clock.now()
}

function judge(run: Run, view: View, isExact: boolean): void {
  for (const [slot, sight] of view.bySlot) {
    const known = run.uids.get(slot)
    const uid = sight.vmi?.metadata.uid
    const serialNow = uid !== undefined && uid === known?.uid ? known.serial : ++run.serial
    const starts = run.host.starts.get(machineName(slot)) ?? []
    if (!isExact) {
      run.models.set(slot, adopt(sight, serialNow, run.models.get(slot)?.instance))
      starts.length = 0
    }
    const model = run.models.get(slot) ?? { vm: undefined, instance: undefined }
    comeToRest(model, {
      sinceMs: run.lastRestMs,
      nowMs: run.host.clock.now(),
      imageIsThere: run.host.imageIsThere,
      seesInstance: sight.vmi !== undefined,
      starts,
      heldUntilMs: run.heldUntilMs,
      nextSerial: () => ++run.serial,
    })
    const differences = compare(model, sight)
    if (starts.length > 0) differences.push(`${starts.length} starts of its machine that no rule asks for`)
    const isSame = model.instance?.serial === known?.serial
    if (isExact && model.instance !== undefined && isSame !== (uid === known?.uid)) {
      differences.push(
        `the instance is ${isSame ? 'another' : 'the same'} one, the model says ${isSame ? 'the same' : 'another'}`,
      )
    }
    expectNothing(differences.map((text) => `${slot}: ${text}`))
    if (model.instance === undefined) run.uids.delete(slot)
    else run.uids.set(slot, { uid, serial: model.instance.serial })
  }
}

/** As few operations as still fail, by leaving out ever smaller parts of them. */
export async function shrink(
  operations: readonly Operation[],
): Promise<{ operations: readonly Operation[]; failure: Failure | undefined }> {
  let kept = operations
  let failure = await simulate(kept)
  for (let size = Math.ceil(kept.length / 2), runs = 0; size >= 1 && runs < mostShrinkingRuns; size = Math.floor(size / 2)) {
    for (let from = 0; from < kept.length && runs < mostShrinkingRuns; runs++) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)]
      const found = await simulate(fewer)
      if (found === undefined) from += size
      else {
        kept = fewer.slice(0, found.at + 1)
        failure = found
      }
    }
  }
  return { operations: kept, failure }
}

/** A run of few operations takes milliseconds; this keeps the worst case below a minute or two. */
const mostShrinkingRuns = 300

export const transcriptOf = (operations: readonly Operation[]): string =>
  operations.map((operation, index) => `${String(index).padStart(4)} ${describeOperation(operation)}`).join('\n')
