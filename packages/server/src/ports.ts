// What Kinds and controllers stand on: the world outside, and the server itself through the same door as any other client.

import { hostname } from 'node:os'
import { eventDefinition } from '@sheaf/api'
import { createClient, type Fetch } from '@sheaf/api/client'
import {
  type Access,
  controllerUser,
  createAccess,
  createQuotas,
  createVersionDiscovery,
  type DiscoveryPorts,
  type ListeningPorts,
  type Quotas,
  type ReviewPorts,
  type ServicePorts,
  type TokenIssuer,
  type UpgradePorts,
  type VirtualMachineImagePorts,
  type VersionPorts,
  type VolumeStorePorts,
} from '@sheaf/kinds'
import type { ApiServer } from '@sheaf/machinery/apiserver'
import { type RunningEventRecorder, startEventRecorder } from '@sheaf/machinery/controller'
import { type ServerTokens, serverTokens, type Signing } from './authentication/server-tokens.ts'
import { chance, wallClock } from './world.ts'

export type AllPorts = UpgradePorts &
  VolumeStorePorts &
  VirtualMachineImagePorts &
  VersionPorts &
  ServicePorts &
  ReviewPorts &
  ListeningPorts & { tokens: TokenIssuer }
type Given = Pick<
  AllPorts,
  | 'listening'
  | 'serviceListening'
  | 'hypervisor'
  | 'images'
  | 'imageStore'
  | 'volumeStore'
  | 'platform'
  | 'log'
  | 'featureGates'
  | 'privateFolder'
> &
  Pick<DiscoveryPorts, 'releaseSource'> & {
    fetch: Fetch
    signing: Signing
  }

export type OwnPorts = AllPorts & { events: RunningEventRecorder; access: Access; quotas: Quotas; tokens: ServerTokens }

export async function portsOf({ fetch, log, signing, releaseSource, ...machines }: Given): Promise<OwnPorts> {
  const nodeName = hostname().toLowerCase()
  const world = { clock: wallClock, random: chance, log }
  const client = createClient({
    fetch,
    userAgent: 'sheaf-controller',
    onWarning: (text) => log.warn({ text }, 'our own request was warned about'),
  })
  const events = startEventRecorder({
    client,
    resource: eventDefinition,
    component: 'sheaf-controller',
    host: nodeName,
    ...world,
  })
  const tokens = await serverTokens({ ...signing, ...world, client })
  const access = createAccess({ ...world, client })
  const quotas = createQuotas({ ...world, client })
  const { platform } = machines
  const discovery = createVersionDiscovery({ ...world, client, events, nodeName, platform, releaseSource })
  return { ...machines, ...world, client, events, nodeName, access, quotas, tokens, tokenReader: tokens.reader, discovery }
}

/** The server's own function as a fetch. It needs the Kinds, which need a client, which needs it: so it opens last. */
export function ownDoor(): { fetch: Fetch; open(server: ApiServer): void } {
  let behind: Fetch = () => Promise.reject(new Error('the API server is not there yet'))
  return {
    fetch: (request) => behind(request),
    open(server) {
      behind = server.fetchAs(controllerUser)
    },
  }
}
