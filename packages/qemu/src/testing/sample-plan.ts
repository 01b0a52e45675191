// The smallest plan that can be carried out, for tests to change what they are about.

import type { LaunchPlan } from '../launch-plan.ts'

export const samplePlan = (id: string, changes: Partial<LaunchPlan> = {}): LaunchPlan => ({
  id,
  name: id,
  uuid: '6b8f3c1e-1d2a-4f6b-9a57-0c1d2e3f4a5b',
  machine: 'q35',
  cpu: { model: 'max', sockets: 1, cores: 1, threads: 1 },
  memoryBytes: 64 * 1024 * 1024,
  firmware: { kind: 'bios' },
  disks: [],
  interfaces: [],
  graphics: false,
  rng: false,
  panicDevice: false,
  onReboot: 'restart',
  startPaused: false,
  ...changes,
})
