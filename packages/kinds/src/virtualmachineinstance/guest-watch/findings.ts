// What was found out about a running guest by asking it. In memory only: whoever comes after us asks anew, and until
// then what the instance's status tells still stands.

import type { AgentCommands } from '@sheaf/qemu'
import type { Verdict } from '../probe/tally.ts'

export interface Findings {
  /** Undefined until its probe has come to a verdict. */
  readiness?: Verdict
  liveness?: Verdict
  agent?: AgentFacts
  access?: AccessFinding
}

/** What an agent does not tell, because it is old or forbidden to, is left out. */
export interface AgentFacts {
  os?: AgentCommands['guest-get-osinfo']['gives']
  interfaces?: AgentCommands['guest-network-get-interfaces']['gives']
  freeze?: AgentCommands['guest-fsfreeze-status']['gives']
  commands?: AgentCommands['guest-info']['gives']['supported_commands']
}

/** Whether users and keys in the guest are as the spec wants them; if not, why. */
export type AccessFinding = { kind: 'synchronized' } | { kind: 'failed'; message: string }
