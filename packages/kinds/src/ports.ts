// What reconcilers reach the world through. server/main.ts hands them in; tests hand in their own.

import type { Client } from '@sheaf/api/client'
import type { Clock, Random } from '@sheaf/api/meta'
import type { EventRecorder, Log } from '@sheaf/machinery/controller'
import type { Hypervisor } from '@sheaf/qemu'

export interface Ports {
  client: Client
  clock: Clock
  random: Random
  events: EventRecorder
  log: Log
}

export interface VirtualMachinePorts extends Ports {
  hypervisor: Pick<Hypervisor, 'discardKept'>
}

export interface MachinePorts extends Ports {
  hypervisor: Hypervisor
  images: ImageLibrary
  /** The name of the Node object that stands for this machine. */
  nodeName: string
}

/** Images by reference, as a container registry would name them: `sheaf.local/guest:latest`. */
export interface ImageLibrary {
  /** The folder that holds what the image's root holds (`disk/…`, `boot/…`); undefined when there is no such image. */
  find(reference: string): Promise<string | undefined>
  /** Where images are looked for, for messages. */
  readonly folder: string
}
