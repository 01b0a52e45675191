// The repo VM is there and ready, or the host serves the same files. Until the files are fetched it has to stay so: a guest that
// ends comes back by its run strategy, and one that was turned off is started as a user would start it.

import {
  forwardedPortsOf,
  harvesterSystemNamespace,
  type Service,
  serviceDefinition,
  type VirtualMachine,
  virtualMachineDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import { findCondition, isAlreadyExists, isBeingDeleted, isNotFound, type ObjectKey } from '@sheaf/api/meta'
import type { Observation } from '@sheaf/upgrade'
import { releaseImageOf } from '../release-image.ts'
import { repoMachineName } from '../names.ts'
import { repoMachine, repoService, servedPath, servedPort } from '../repo-machine.ts'
import { type Pass, sinceMs, type StationWork } from '../station.ts'
import type { Undone } from '../undone.ts'

export const repoStation: StationWork = {
  async observe(pass) {
    const { record, hostServing, id } = pass
    if (record.hostServes !== undefined) return hostServing.urlOf(id) === undefined ? underWay(pass) : { state: 'done' }
    const instance = await instances(pass).find(machineKey(pass))
    return isReady(instance) ? { state: 'done' } : underWay(pass, instance)
  },

  async pursue(pass) {
    const { record, hostServing, id } = pass
    if (record.hostServes !== undefined) {
      const { isoPath } = await releaseImageOf(pass)
      await hostServing.ensure(id, isoPath)
      return
    }
    await ensureService(pass)
    const found = await machines(pass).find(machineKey(pass))
    if (found === undefined) await createMachine(pass)
    else if (found.status?.printableStatus === 'Stopped') await start(pass)
  },

  undo: removeRepo,
}

/** The guest's, else the host's; undefined while nobody serves. */
export async function repoUrl(pass: Pass): Promise<string | undefined> {
  const byHost = pass.hostServing.urlOf(pass.id)
  if (pass.record.hostServes !== undefined) return byHost
  const instance = await instances(pass).find(machineKey(pass))
  if (!isReady(instance)) return undefined
  const port = forwardedPortsOf(instance).find(({ guestPort }) => guestPort === servedPort)
  return port === undefined ? undefined : `http://${port.hostAddress}:${port.hostPort}${servedPath}`
}

/** The machine, its instance, its service, and what the host serves in its place. `notYet` while the guest, which stands on the image, ends. */
export async function removeRepo(pass: Pass): Promise<Undone> {
  await pass.hostServing.end(pass.id)
  await removeService(pass)
  const [machine, instance] = await Promise.all([machines(pass).find(machineKey(pass)), instances(pass).find(machineKey(pass))])
  if (machine === undefined) return instance === undefined ? 'undone' : 'notYet'
  if (isBeingDeleted(machine)) return 'notYet'
  try {
    await machines(pass).delete(machineKey(pass))
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  return 'notYet'
}

/** How much of what a guest said last is of use to whoever reads a condition. */
const lastWordsBytes = 400

/** The end of what the guest printed on its console; empty when there is nothing. */
export async function lastWordsOf(pass: Pass): Promise<string> {
  const instance = await instances(pass).find(machineKey(pass))
  const machine = instance && (await pass.ports.hypervisor.find(instance.metadata.uid ?? ''))
  if (machine === undefined) return ''
  const path = `/apis/subresources.sheaf.io/v1/namespaces/${harvesterSystemNamespace}/virtualmachineinstances/${repoMachineName(pass.key.name)}/log?tailBytes=${lastWordsBytes}`
  try {
    return printable(await bodyText((await pass.ports.client.request('GET', path)).body))
  } catch {
    // It has gone between two looks; there is nothing to tell then.
    return ''
  }
}

/** A console is full of what moves a cursor. */
const printable = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
    .replaceAll(/\u001b(?:\[[0-9;?]*)?[A-Za-z]/g, '')
    .replaceAll(/[^\P{C}\n]/gu, '')
    .trim()

function underWay(pass: Pass, instance?: VirtualMachineInstance): Observation {
  // A guest that was ready and is not any more has as long as one that was never ready.
  const lostMs = Date.parse(findCondition(instance?.status?.conditions, 'Ready')?.lastTransitionTime ?? '') || 0
  return {
    state: 'underWay',
    sinceMs: Math.max(sinceMs(pass, 'repo'), pass.record.stations.repo.doneMs === undefined ? 0 : lostMs),
  }
}

const isReady = (instance: VirtualMachineInstance | undefined): boolean =>
  findCondition(instance?.status?.conditions, 'Ready')?.status === 'True'

async function createMachine(pass: Pass): Promise<void> {
  const { reference } = await releaseImageOf(pass)
  try {
    await machines(pass).create(repoMachine(pass.upgrade, reference))
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}

async function ensureService(pass: Pass): Promise<void> {
  if ((await services(pass).find(machineKey(pass))) !== undefined) return
  try {
    await services(pass).create(repoService(pass.upgrade))
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}

async function removeService(pass: Pass): Promise<void> {
  try {
    if ((await services(pass).find(machineKey(pass))) !== undefined) await services(pass).delete(machineKey(pass))
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

async function start(pass: Pass): Promise<void> {
  const { namespace, name } = machineKey(pass)
  await pass.ports.client.request(
    'PUT',
    `/apis/subresources.kubevirt.io/v1/namespaces/${namespace}/virtualmachines/${name}/start`,
    {},
  )
}

const machineKey = ({ key }: Pass): ObjectKey => ({ namespace: harvesterSystemNamespace, name: repoMachineName(key.name) })
const services = ({ ports }: Pass) => ports.client.resource<Service>(serviceDefinition)
const machines = ({ ports }: Pass) => ports.client.resource<VirtualMachine>(virtualMachineDefinition)
const instances = ({ ports }: Pass) => ports.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
