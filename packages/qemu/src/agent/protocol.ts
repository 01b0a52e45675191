// What is asked of the agent inside a guest, as QEMU's guest agent defines it, and how its answers are read.

/** The commands in use, with what they take and give. */
export interface AgentCommands {
  'guest-info': { takes: undefined; gives: { version: string; supported_commands: { name: string; enabled: boolean }[] } }
  'guest-ping': { takes: undefined; gives: object }
  'guest-get-host-name': { takes: undefined; gives: { 'host-name': string } }
  'guest-get-osinfo': { takes: undefined; gives: AgentOsInfo }
  'guest-get-timezone': { takes: undefined; gives: { zone?: string; offset: number } }
  'guest-get-users': { takes: undefined; gives: { user: string; domain?: string; 'login-time': number }[] }
  'guest-get-fsinfo': { takes: undefined; gives: AgentFilesystem[] }
  'guest-network-get-interfaces': { takes: undefined; gives: AgentInterface[] }
  'guest-fsfreeze-status': { takes: undefined; gives: 'thawed' | 'frozen' }
  /** How many filesystems were frozen. */
  'guest-fsfreeze-freeze': { takes: undefined; gives: number }
  'guest-fsfreeze-thaw': { takes: undefined; gives: number }
  /** Gives no answer when it succeeds: the guest is on its way down. */
  'guest-shutdown': { takes: { mode: 'powerdown' | 'reboot' }; gives: undefined }
  /** Begins a program and does not wait for it. */
  'guest-exec': { takes: { path: string; arg: readonly string[]; 'capture-output': boolean }; gives: { pid: number } }
  /** Of a program that was begun. The agent forgets one that has ended once it has said so. */
  'guest-exec-status': { takes: { pid: number }; gives: AgentProgram }
  /** The password in base64. */
  'guest-set-user-password': { takes: { username: string; password: string; crypted: boolean }; gives: object }
  /** `reset` puts these keys in the place of all that were there. */
  'guest-ssh-add-authorized-keys': { takes: { username: string; keys: readonly string[]; reset: boolean }; gives: object }
}

export type AgentCommand = keyof AgentCommands

export interface AgentOsInfo {
  id?: string
  name?: string
  'pretty-name'?: string
  version?: string
  'version-id'?: string
  'kernel-release'?: string
  'kernel-version'?: string
  machine?: string
}

export interface AgentFilesystem {
  name: string
  mountpoint: string
  type: string
  'used-bytes'?: number
  'total-bytes'?: number
  disk: { 'bus-type': string; serial?: string }[]
}

export interface AgentInterface {
  name: string
  'hardware-address'?: string
  'ip-addresses'?: { 'ip-address': string; 'ip-address-type': 'ipv4' | 'ipv6'; prefix: number }[]
}

export interface AgentProgram {
  exited: boolean
  /** Absent while it runs, and when a signal ended it. */
  exitcode?: number
  signal?: number
  /** What it wrote, in base64. */
  'out-data'?: string
  'err-data'?: string
}

/** Commands that say nothing when they succeed. */
export const silentCommands: ReadonlySet<AgentCommand> = new Set(['guest-shutdown'])

export type AgentReply = { kind: 'return'; value: unknown } | { kind: 'error'; description: string }

/** Undefined for a line that is no answer. */
export function parseAgentReply(line: string): AgentReply | undefined {
  let message: unknown
  try {
    message = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof message !== 'object' || message === null) return undefined
  if ('return' in message) return { kind: 'return', value: message.return }
  if (!('error' in message) || typeof message.error !== 'object' || message.error === null) return undefined
  return { kind: 'error', description: 'desc' in message.error ? String(message.error.desc) : 'it gave no reason' }
}
