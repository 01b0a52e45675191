// QMP as it goes over the wire: the commands that we send, and the one place where what comes back is parsed.

/** QEMU's own word for what the machine does. Words that a later QEMU may add are looked at as "paused". */
export type RunState =
  | 'prelaunch'
  | 'running'
  | 'paused'
  | 'shutdown'
  | 'guest-panicked'
  | 'internal-error'
  | 'io-error'
  | 'suspended'
  | 'watchdog'
  /** The guest stands still while it passes from one process to another. */
  | 'handing-over'
  | 'other'

type Nothing = Readonly<Record<never, never>>

/** The commands in use, with what they take and give. */
export interface QmpCommands {
  qmp_capabilities: { takes: Nothing; gives: Nothing }
  'query-status': { takes: Nothing; gives: { status: string; running: boolean } }
  'query-block': { takes: Nothing; gives: BlockDevice[] }
  'query-chardev': { takes: Nothing; gives: { label: string; filename: string; 'frontend-open': boolean }[] }
  system_powerdown: { takes: Nothing; gives: Nothing }
  system_reset: { takes: Nothing; gives: Nothing }
  stop: { takes: Nothing; gives: Nothing }
  cont: { takes: Nothing; gives: Nothing }
  /** Plugs an interface's cable in or out, as the guest sees it. */
  set_link: { takes: { name: string; up: boolean }; gives: Nothing }
  'set-action': { takes: { reboot: 'reset' | 'shutdown' }; gives: Nothing }
  /** The file is written by QEMU, in its folder. */
  screendump: { takes: { filename: string; format: 'png' }; gives: Nothing }
  'input-send-event': { takes: { events: readonly PointerPlace[] }; gives: Nothing }
  'human-monitor-command': { takes: { 'command-line': string }; gives: string }
  quit: { takes: Nothing; gives: Nothing }
  'qom-get': { takes: { path: string; property: string }; gives: unknown }
  'query-cpu-model-expansion': {
    takes: { type: 'full'; model: { name: string } }
    gives: { model: { props: Readonly<Record<string, unknown>> } }
  }
  'query-migrate': { takes: Nothing; gives: MigrationInfo }
  'migrate-set-capabilities': { takes: { capabilities: readonly { capability: string; state: boolean }[] }; gives: Nothing }
  'migrate-set-parameters': { takes: { 'max-bandwidth': number }; gives: Nothing }
  /** Where a process that was started to be a target waits for the source. */
  'migrate-incoming': { takes: { uri: string }; gives: Nothing }
  migrate: { takes: { uri: string }; gives: Nothing }
  migrate_cancel: { takes: Nothing; gives: Nothing }
}

/** Of the latest migration, outgoing or incoming; nothing when there was none. */
export interface MigrationInfo {
  status?: string
  ram?: { transferred: number; remaining: number }
  /** Milliseconds; told when it has completed. */
  downtime?: number
  'total-time'?: number
  'error-desc'?: string
  'blocked-reasons'?: readonly string[]
}

interface BlockDevice {
  /** Only devices that can be stopped by an error have one. */
  'io-status'?: 'ok' | 'failed' | 'nospace'
  inserted?: { 'node-name'?: string }
}

interface PointerPlace {
  type: 'abs'
  data: { axis: 'x' | 'y'; value: number }
}

export interface QmpGreeting {
  qemuVersion: string
}

export interface QmpEvent {
  name: string
  data: Readonly<Record<string, unknown>>
  at: Date
}

export type QmpMessage =
  | { kind: 'greeting'; greeting: QmpGreeting }
  | { kind: 'event'; event: QmpEvent }
  | { kind: 'return'; id: unknown; value: unknown }
  | { kind: 'error'; id: unknown; errorClass: string; description: string }

/** Undefined for a line that is none of QMP's four kinds of message. */
export function parseQmpLine(line: string): QmpMessage | undefined {
  const message = parseRecord(line)
  if (message === undefined) return undefined
  if (isRecord(message['QMP'])) return { kind: 'greeting', greeting: { qemuVersion: versionOf(message['QMP']) } }
  if (typeof message['event'] === 'string') return { kind: 'event', event: eventOf(message['event'], message) }
  if ('return' in message) return { kind: 'return', id: message['id'], value: message['return'] }
  const error = message['error']
  if (!isRecord(error)) return undefined
  return { kind: 'error', id: message['id'], errorClass: String(error['class']), description: String(error['desc']) }
}

const knownRunStates: readonly string[] = [
  'prelaunch',
  'running',
  'paused',
  'shutdown',
  'guest-panicked',
  'internal-error',
  'io-error',
  'suspended',
  'watchdog',
] satisfies RunState[]

const handingOverStates: readonly string[] = ['inmigrate', 'finish-migrate', 'postmigrate']

export function parseRunState(status: string): RunState {
  if (handingOverStates.includes(status)) return 'handing-over'
  return isKnown(status) ? status : 'other'
}

const isKnown = (status: string): status is RunState => knownRunStates.includes(status)

function versionOf(qmp: Record<string, unknown>): string {
  const version = isRecord(qmp['version']) && isRecord(qmp['version']['qemu']) ? qmp['version']['qemu'] : {}
  return [version['major'], version['minor'], version['micro']].map(String).join('.')
}

function eventOf(name: string, message: Record<string, unknown>): QmpEvent {
  const stamp = isRecord(message['timestamp']) ? message['timestamp'] : {}
  const seconds = typeof stamp['seconds'] === 'number' ? stamp['seconds'] : 0
  return { name, data: isRecord(message['data']) ? message['data'] : {}, at: new Date(seconds * 1000) }
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
