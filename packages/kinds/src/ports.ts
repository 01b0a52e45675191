// What reconcilers reach the world through. server/main.ts hands them in; tests hand in their own.

import type { Client } from '@sheaf/api/client'
import type { Clock, Random } from '@sheaf/api/meta'
import type { EventRecorder, Log } from '@sheaf/machinery/controller'
import type { Hypervisor, ImageRequest, ImageSight, KeptImage } from '@sheaf/qemu'
import type { FeatureGate } from './feature-gates.ts'

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
  /** What the administrator opened that is shut by default. */
  featureGates?: readonly FeatureGate[]
  /** The server's own files, which no guest's disk may be. */
  privateFolder?: string
}

/** Images by reference, as a container registry would name them: `sheaf.local/guest:latest`. */
export interface ImageLibrary {
  /** How it stands with an image. Begins what has to be begun; never waits for a network. */
  look(request: ImageRequest): Promise<ImageSight>
  /** Says only that looking again would show something new. */
  onChange(listener: () => void): { close(): void }
  /** A pull that failed is tried again as soon as somebody looks. */
  forgive(reference: string): void
  /** What was pulled and is kept. */
  list(): Promise<KeptImage[]>
  /** Nothing is called by this name any more. What no machine stands on, by the files that machines were given, goes at once. */
  forget(reference: string, usedFiles: readonly string[]): Promise<void>
  /** Where folders of one's own are images, for messages. */
  readonly folder: string
}
