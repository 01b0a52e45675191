// Starts everything, in the order in which it can be undone, and ends it again without touching a guest.

import { writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { AddressInfo } from 'node:net'
import { schemas } from '@sheaf/api'
import { createClient } from '@sheaf/api/client'
import type { MachinePorts } from '@sheaf/kinds'
import { controllerUser, createKinds, eventResource, ensureNamespaces, startControllers } from '@sheaf/kinds'
import { type ApiServer, createApiServer } from '@sheaf/machinery/apiserver'
import { createEventRecorder, type Log } from '@sheaf/machinery/controller'
import { acquireInstanceLock, openDiskStore } from '@sheaf/machinery/store'
import { chooseAccelerator, openQemuHypervisor } from '@sheaf/qemu'
import { authenticate } from './auth.ts'
import { ensureCredentials, kubeconfigText, writePrivately } from './credentials.ts'
import { openDataFolder } from './data-folder.ts'
import { createHttpServer } from './http-server.ts'
import { openImageLibrary } from './image-library.ts'
import type { ServerOptions } from './options.ts'
import { kubernetesVersion } from './version.ts'
import { chance, wallClock } from './world.ts'

export interface RunningServer {
  url: string
  kubeconfig: string
  /** Ends the control plane. Guests run on; answers how many. */
  stop(): Promise<{ guests: number }>
}
