// One instance whose guest is asked, as those who ask it see it.

import type { VirtualMachineInstance } from '@sheaf/api'
import type { MachinePorts } from '../../ports.ts'
import type { Findings } from './findings.ts'
import type { Turnstile } from './turnstile.ts'

export interface Watched {
  /** As it was at the last look. */
  readonly instance: VirtualMachineInstance
  readonly findings: Findings
  /** Adds to the findings. */
  find(news: Partial<Findings>): void
}

export interface WatchPorts extends MachinePorts {
  /** All who ask go through here. */
  turnstile: Turnstile
}
