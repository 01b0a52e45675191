// What the guest's agent tells, in KubeVirt's words. Pure.

import type { VirtualMachineInstanceStatus } from '@sheaf/api'
import type { AgentCommands, AgentFilesystem } from '@sheaf/qemu'

export type Told<C extends keyof AgentCommands> = AgentCommands[C]['gives'] | undefined

/** What an agent does not tell, because it is old or forbidden to, is left out. */
export interface ToldAboutGuest {
  info: Told<'guest-info'>
  hostname: Told<'guest-get-host-name'>
  os: Told<'guest-get-osinfo'>
  timezone: Told<'guest-get-timezone'>
  users: Told<'guest-get-users'>
  filesystems: Told<'guest-get-fsinfo'>
  freeze: Told<'guest-fsfreeze-status'>
}

export function guestInfoOf({ info, hostname, os, timezone, users, filesystems, freeze }: ToldAboutGuest): object {
  return defined({
    guestAgentVersion: info?.version,
    supportedCommands: info?.supported_commands.map(({ name, enabled }) => ({ name, enabled })),
    hostname: hostname?.['host-name'],
    os: osInfoOf(os),
    timezone: timezone === undefined ? undefined : `${timezone.zone ?? ''}, ${timezone.offset}`,
    userList: users === undefined ? undefined : usersOf(users),
    fsInfo: { disks: filesystemsOf(filesystems ?? []) },
    fsFreezeStatus: freeze,
  })
}

export function osInfoOf(os: Told<'guest-get-osinfo'>): NonNullable<VirtualMachineInstanceStatus['guestOSInfo']> {
  return defined({
    name: os?.name,
    kernelRelease: os?.['kernel-release'],
    version: os?.version,
    prettyName: os?.['pretty-name'],
    versionId: os?.['version-id'],
    kernelVersion: os?.['kernel-version'],
    machine: os?.machine,
    id: os?.id,
  })
}

export function usersOf(users: NonNullable<Told<'guest-get-users'>>): object[] {
  return users.map(({ user, domain, 'login-time': loginTime }) => defined({ userName: user, domain, loginTime }))
}

export function filesystemsOf(filesystems: readonly AgentFilesystem[]): object[] {
  return filesystems.map((each) => ({
    diskName: each.name,
    mountPoint: each.mountpoint,
    fileSystemType: each.type,
    usedBytes: each['used-bytes'] ?? 0,
    totalBytes: each['total-bytes'] ?? 0,
    disk: each.disk.map(({ 'bus-type': busType, serial }) => defined({ serial, busType })),
  }))
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function defined<T extends object>(record: T): Defined<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Defined<T>
}
