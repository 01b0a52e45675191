// What lies in a machine's state folder. QEMU is told the short names and runs inside the folder, because the name of
// a unix socket may have 107 bytes and a data folder may be deeper than that.

export const fileNames = {
  /** The launch plan. The first thing written; a folder without it is an unfinished beginning and counts as nothing. */
  plan: 'plan.json',
  /** The chosen ports. */
  forwards: 'forwards.json',
  /** Written before the guest runs its first instruction: which process it is. */
  started: 'started.json',
  /** Written before a process is ended on request: who asks for what. */
  ending: 'ending.json',
  /** Why the machine is not running any more. Written before the process that told us is ended. */
  exit: 'exit.json',
  /** The latest move to another process. Written before there is one; says how it ended when only one is left. */
  migration: 'migration.json',
  /** By which memory goes from the one process to the other. */
  migrationSocket: 'migration.sock',
  /** Written and locked by QEMU as long as it lives. */
  pid: 'qemu.pid',
  /** QEMU's standard error. */
  qemuLog: 'qemu.log',
  /** Written by QEMU: everything that it said on our monitor, also when nobody listened. */
  events: 'events.log',
  /** Written by us: what was asked and answered on our monitor. */
  transcript: 'transcript.log',
  serialLog: 'serial.log',
  qmpSocket: 'qmp.sock',
  toolsSocket: 'tools.sock',
  serialSocket: 'serial.sock',
  vncSocket: 'vnc.sock',
  agentSocket: 'agent.sock',
  tpmSocket: 'tpm.sock',
  /** The memory of the TPM: a folder, or a link to the one that is kept. */
  tpmState: 'tpm',
  /** The standard error of the TPM. */
  tpmLog: 'tpm.log',
  /** There for as long as it is read. */
  screenshot: 'screen.png',
  uefiVariables: 'uefi-vars.fd',
} as const
