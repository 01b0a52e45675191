// The service, where systemd runs: of the machine for root, of the user for everybody else.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { programPath } from './layout.ts'

const run = promisify(execFile)
const unitName = 'sheaf.service'

export interface Systemd {
  /** Starts it now and with the machine. Throws ServiceFailed. */
  start(prefix: string): Promise<void>
  /** The prefix that the installed unit belongs to. */
  prefixInUse(): string | undefined
  /** Until it is started again, or the machine. Guests run on. Throws ServiceFailed. */
  stop(): Promise<void>
  /** Guests run on. Throws ServiceFailed. */
  remove(): Promise<void>
  /** What a person types to see how it is. */
  readonly statusCommand: string
}

export class ServiceFailed extends Error {}

/** Undefined where systemd does not run. */
export function findSystemd(isRoot: boolean): Systemd | undefined {
  if (!existsSync('/run/systemd/system')) return undefined
  const scope = isRoot ? [] : ['--user']
  const folder = isRoot
    ? '/etc/systemd/system'
    : join(process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'systemd/user')
  const unit = join(folder, unitName)
  const systemctl = async (...words: string[]): Promise<void> => {
    await run('systemctl', [...scope, ...words]).catch((cause: Error & { stderr?: string }) => {
      throw new ServiceFailed(`systemctl ${[...scope, ...words].join(' ')}: ${cause.stderr?.trim() || cause.message}`, { cause })
    })
  }
  return {
    async start(prefix) {
      mkdirSync(dirname(unit), { recursive: true })
      writeFileSync(unit, unitText(prefix, isRoot))
      await systemctl('daemon-reload')
      await systemctl('enable', '--now', unitName)
    },
    stop: () => systemctl('stop', unitName),
    prefixInUse: () => (existsSync(unit) ? prefixIn(readFileSync(unit, 'utf8')) : undefined),
    async remove() {
      await systemctl('disable', '--now', unitName)
      rmSync(unit, { force: true })
      await systemctl('daemon-reload')
    },
    statusCommand: ['systemctl', ...scope, 'status', 'sheaf'].join(' '),
  }
}

/**
 * Only the supervisor is asked to end: it ends the release, and guests are nobody's to end with it. Nor is a guest that the
 * kernel ends for want of memory a reason to end the others.
 */
export const unitText = (prefix: string, isRoot: boolean): string => `[Unit]
Description=Sheaf, virtual machines through the Kubernetes API
After=network.target

[Service]
Type=exec
ExecStart=${quoted(programPath(prefix))} supervise
KillMode=process
OOMPolicy=continue
Restart=always
RestartSec=1

[Install]
WantedBy=${isRoot ? 'multi-user.target' : 'default.target'}
`

export function prefixIn(unit: string): string | undefined {
  const [, program] = /^ExecStart="(.*)\/bin\/sheaf" supervise$/m.exec(unit) ?? []
  return program?.replaceAll('%%', '%').replace(/\\(["\\])/g, '$1')
}

const quoted = (path: string): string => `"${path.replace(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`
