// Where everything lies that outlives the process. One folder, one running server.

import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export interface DataFolder {
  root: string
  /** The store's database. */
  store: string
  /** What the hypervisor keeps: one state folder a machine. */
  machines: string
  /** Images in folders of their owner's. */
  images: string
  /** What was pulled from registries. */
  pulledImages: string
  /** What VirtualMachineImages brought here. */
  vmImages: string
  /** The disks of volumes. */
  volumes: string
  /** Certificates, keys and the token: readable by the owner alone. */
  credentials: string
  kubeconfig: string
  /** Who asked for what. */
  audit: string
  accelerator: string
}

/** All that Sheaf keeps there, by name. The folder may be somebody's home: what else is in it is none of ours. */
export const ownDataEntries = [
  'accelerator.json',
  'audit',
  'credentials',
  'images',
  'kept',
  'kubeconfig',
  'machines',
  'pulled-images',
  'removed',
  'store',
  'upgrades',
  'vm-images',
  'volumes',
]

export class DataFolderUnusable extends Error {
  constructor(root: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`${root} cannot be the data folder: ${why}. Name a folder of your own with --data or SHEAF_DATA`, { cause })
  }
}

/** `SHEAF_DATA`, else the XDG data folder. */
export function dataFolderPath(environment: NodeJS.ProcessEnv): string {
  const named = environment['SHEAF_DATA']
  if (named) return resolve(named)
  return join(environment['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'sheaf')
}

export function openDataFolder(root: string): DataFolder {
  const folder: DataFolder = {
    root,
    store: join(root, 'store', 'sheaf.db'),
    machines: root,
    images: join(root, 'images'),
    pulledImages: join(root, 'pulled-images'),
    vmImages: join(root, 'vm-images'),
    volumes: join(root, 'volumes'),
    credentials: join(root, 'credentials'),
    kubeconfig: join(root, 'kubeconfig'),
    audit: join(root, 'audit'),
    accelerator: join(root, 'accelerator.json'),
  }
  try {
    // Only what is made here is closed to others: a folder that was there may be somebody's home.
    mkdirSync(root, { recursive: true, mode: 0o700 })
    for (const each of [join(root, 'store'), join(root, 'machines'), folder.credentials])
      mkdirSync(each, { recursive: true, mode: 0o700 })
    mkdirSync(folder.images, { recursive: true })
  } catch (error) {
    // Another folder on the same disk would not do either.
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? error : new DataFolderUnusable(root, error)
  }
  return folder
}
