// What may be written about an upgrade, as far as it is about objects: which release, which other upgrades there are, and which
// checks somebody wants to be left out. Whether the machine is in a state to be upgraded is the preflight's question.

import {
  harvesterSystemNamespace,
  type Node,
  nodeDefinition,
  type Upgrade,
  upgradeAnnotations,
  upgradeDefinition,
  upgradeLabels,
  type Version,
  versionDefinition,
  type VirtualMachineImage,
  virtualMachineImageDefinition,
} from '@sheaf/api'
import { findCondition, isJsonObject, type Json } from '@sheaf/api/meta'
import type { Admission, AdmissionRequest } from '@sheaf/machinery/kind'
import { isController } from '../controller-user.ts'
import { deniedConflict, deniedRequest } from '../harvester-denial.ts'
import type { Ports } from '../ports.ts'

export interface UpgradeAdmissionPorts extends Pick<Ports, 'client'> {
  /** Looks at the machine itself, after all else has been found good. Throws what it refuses with. */
  admitPreflight?(upgrade: Upgrade): Promise<void>
}

export function upgradeAdmission(ports: UpgradeAdmissionPorts): Admission<Upgrade> {
  return {
    mutate({ operation, object, user }) {
      if (operation === 'CREATE' && !isController(user)) begin(object)
    },
    async validate(request) {
      switch (request.operation) {
        case 'CREATE':
          return admitNew(request, ports)
        case 'UPDATE':
          return admitOverrides(request.object, ports)
        case 'DELETE':
          return admitDeletion(request.object)
      }
    },
  }
}

/** An upgrade that was copied from an earlier one has not ended yet. */
function begin({ metadata }: Upgrade): void {
  const labels: Record<string, string> = { ...metadata.labels, [upgradeLabels.latest]: 'true' }
  for (const key of [upgradeLabels.state, upgradeLabels.cleanup, upgradeLabels.readMessage]) delete labels[key]
  metadata.labels = labels
}

/** In Harvester's order. */
async function admitNew({ object: upgrade, namespace, name }: AdmissionRequest<Upgrade>, ports: UpgradeAdmissionPorts) {
  if (namespace !== harvesterSystemNamespace)
    throw deniedRequest(`an Upgrade belongs into namespace ${harvesterSystemNamespace}, not into ${namespace}: create it there`)
  await admitTarget(upgrade, ports)
  await admitBesideOthers(name, ports)
  await admitOverrides(upgrade, ports)
  if (!skipsWebhook(upgrade)) await ports.admitPreflight?.(upgrade)
}

async function admitTarget({ spec, metadata }: Upgrade, { client }: UpgradeAdmissionPorts): Promise<void> {
  const { version = '', image = '' } = spec
  const { namespace = '' } = metadata
  if (version === '' && image === '') throw deniedRequest('version or image field are not specified.')
  if (image !== '') return admitImage(image, client)
  const found = await client.resource<Version>(versionDefinition).find({ namespace, name: version })
  if (found === undefined) throw deniedRequest(`version ${version} is not found`)
}

async function admitImage(image: string, client: Ports['client']): Promise<void> {
  const [namespace = '', name = '', ...more] = image.split('/')
  if (namespace === '' || name === '' || more.length > 0)
    throw deniedRequest(`image "${image}" names no image: give it as ${harvesterSystemNamespace}/name`)
  if (namespace !== harvesterSystemNamespace)
    throw deniedRequest(
      `image ${image} is in namespace ${namespace}; the image of an upgrade has to be in namespace ${harvesterSystemNamespace}`,
    )
  const found = await client.resource<VirtualMachineImage>(virtualMachineImageDefinition).find({ namespace, name })
  if (found === undefined) throw deniedRequest(`image ${image} is not found`)
}

async function admitBesideOthers(name: string, { client }: UpgradeAdmissionPorts): Promise<void> {
  const { items } = await client.resource<Upgrade>(upgradeDefinition).list({ namespace: harvesterSystemNamespace })
  const others = items.filter(({ metadata }) => metadata.name !== name)
  const unfinished = others.find(({ metadata }) => !isEnded(metadata.labels?.[upgradeLabels.state]))
  if (unfinished !== undefined)
    throw deniedConflict(`cannot proceed until previous upgrade "${unfinished.metadata.name}" completes`)
  const uncleaned = others.filter(({ metadata }) => metadata.labels?.[upgradeLabels.cleanup] === 'Pending')
  if (uncleaned.length === 0) return
  const names = uncleaned.map(({ metadata }) => metadata.name).join(',')
  throw deniedConflict(`cannot proceed until the following upgrades completed their cleanup process: ${names}`)
}

const isEnded = (state: string | undefined): boolean => state === 'Succeeded' || state === 'Failed'

/** What asks for a check to be left out has to be understood, or somebody believes that it was. */
async function admitOverrides(upgrade: Upgrade, ports: UpgradeAdmissionPorts): Promise<void> {
  const annotations = upgrade.metadata.annotations ?? {}
  for (const key of [upgradeAnnotations.skipVersionCheck, upgradeAnnotations.skipDiskCheck, upgradeAnnotations.skipWebhook]) {
    const value = annotations[key]
    if (value !== undefined && !/^(true|false)$/i.test(value))
      throw deniedRequest(`invalid value ${value} for ${key} annotation: it is true or false`)
  }
  const days = annotations[upgradeAnnotations.minCertificateDays]
  if (days !== undefined && !/^[1-9]\d{0,4}$/.test(days))
    throw deniedRequest(`invalid value ${days} for ${upgradeAnnotations.minCertificateDays} annotation: it is a number of days`)
  await admitPauseMap(annotations[upgradeAnnotations.pauseMap], ports)
}

async function admitPauseMap(text: string | undefined, { client }: UpgradeAdmissionPorts): Promise<void> {
  if (text === undefined) return
  const wishes = Object.entries(pauseMapOf(text))
  if (wishes.length === 0) return
  const { items } = await client.resource<Node>(nodeDefinition).list()
  for (const [node, wish] of wishes) {
    if (wish !== 'pause' && wish !== 'unpause')
      throw deniedRequest(`desired action for node ${node} must be either "pause" or "unpause"`)
    if (!items.some(({ metadata }) => metadata.name === node)) throw deniedRequest(`node ${node} does not exist`)
  }
}

function pauseMapOf(text: string): Record<string, unknown> {
  const unreadable = (why: string) => deniedRequest(`fail to unmarshal ${upgradeAnnotations.pauseMap} annotation, err: ${why}`)
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : String(error))
  }
  if (!isJsonObject(value)) throw unreadable('it is no JSON object of node names, such as {"node-1":"pause"}')
  return value
}

/** While the other release is being tried, only the upgrade itself knows the way back. */
function admitDeletion(upgrade: Upgrade): void {
  if (skipsWebhook(upgrade)) return
  if (findCondition(upgrade.status?.conditions, 'NodesUpgraded')?.status === 'Unknown')
    throw deniedRequest('node upgrade is in progressing, please wait for it to be provisioned')
}

function skipsWebhook({ metadata }: Upgrade): boolean {
  return metadata.annotations?.[upgradeAnnotations.skipWebhook]?.toLowerCase() === 'true'
}
