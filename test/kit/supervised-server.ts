// An installation with two slots and a supervisor of its own, in a temporary folder: what tests of an upgrade talk to. The other
// slot can be made faulty, in ways that no switch of the product could make it.

import { cpSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prefixProgramText } from '../../packages/server/src/install/prefix-program.ts'
import { metadataText } from '../../packages/server/src/release/metadata.ts'
import { writeSlots } from '../../packages/server/src/supervisor/slots.ts'
import { stagePayload } from '../../tools/release/payload.ts'
import { freePort } from './free-port.ts'
import { patchRelease } from './patch-release.ts'
import { root } from './repository-root.ts'
import { type SupervisorProcess, startSupervisorProcess } from './supervisor-process.ts'

export const [ownVersion, otherVersion] = ['1.0.0', '1.1.0']

export type Fault =
  | 'none'
  | 'exits at once'
  | 'hangs while it loads'
  | 'hangs after it took over'
  | 'says that it is unfit'
  | 'never proves itself'

export interface SupervisedServer extends SupervisorProcess {
  /** Of the release in the other slot. */
  makeOther(fault: Fault): void
}

export async function startSupervisedServer(): Promise<SupervisedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-slots-'))
  const [prefix, dataFolder] = [join(folder, 'sheaf'), join(folder, 'data')]
  mkdirSync(dataFolder)
  symlinkSync(join(root, '.generated', 'images'), join(dataFolder, 'images'))
  await stageSlots(folder, prefix)
  const port = await freePort()
  writeFileSync(join(prefix, 'bin', 'sheaf'), prefixProgramText({ dataFolder, port }), { mode: 0o755 })
  const server = await startSupervisorProcess({ folder, prefix, dataFolder, port })
  return Object.assign(server, {
    makeOther(fault: Fault): void {
      const slot = join(prefix, 'releases', otherVersion)
      rmSync(slot, { force: true })
      symlinkSync(join(folder, fault), slot)
    },
  })
}

/** One payload, staged once; each slot is a copy with a version and perhaps a fault. */
async function stageSlots(folder: string, prefix: string): Promise<void> {
  const payload = join(folder, 'payload')
  await stagePayload(root, payload)
  for (const part of ['releases', 'supervisor', 'bin']) mkdirSync(join(prefix, part), { recursive: true })
  copySlot(payload, join(prefix, 'releases', ownVersion), ownVersion)
  for (const [fault, change] of Object.entries(faults)) {
    copySlot(payload, join(folder, fault), otherVersion)
    change(join(folder, fault))
  }
  symlinkSync(join(folder, 'none'), join(prefix, 'releases', otherVersion))
  linkSync(join(payload, 'bin', 'node'), join(prefix, 'supervisor', 'node'))
  cpSync(join(payload, 'dist', 'supervisor.mjs'), join(prefix, 'supervisor', 'supervisor.mjs'))
  writeSlots(prefix, { current: ownVersion, previous: otherVersion })
}

function copySlot(payload: string, slot: string, version: string): void {
  mkdirSync(join(slot, 'bin'), { recursive: true })
  // It is a hundred megabytes.
  linkSync(join(payload, 'bin', 'node'), join(slot, 'bin', 'node'))
  cpSync(join(payload, 'bin', 'sheaf'), join(slot, 'bin', 'sheaf'))
  cpSync(join(payload, 'dist'), join(slot, 'dist'), { recursive: true })
  const metadata = {
    version,
    releaseDate: '2027-01-01T00:00:00Z',
    knownRisks: [],
    migrations: [],
    notes: { en: 'A test.', zh: '测试。' },
    payload: { path: 'none', unpackedBytes: 0, unpackedFiles: 0 },
  }
  writeFileSync(join(slot, 'release.yaml'), metadataText(metadata))
}

const faults: Readonly<Record<Fault, (slot: string) => void>> = {
  none: () => {},
  'exits at once': (slot) => writeFileSync(join(slot, 'bin', 'sheaf'), '#!/bin/sh\nexit 3\n'),
  'hangs while it loads': (slot) => writeFileSync(join(slot, 'bin', 'sheaf'), '#!/bin/sh\nexec sleep 600\n'),
  'hangs after it took over': (slot) => patchRelease(slot, 'judgeHealth', "console.error('it hangs now'); for (;;);"),
  'says that it is unfit': (slot) => patchRelease(slot, 'judgeHealth', "return { kind: 'unfit', why: 'it was made to fail' };"),
  'never proves itself': (slot) => patchRelease(slot, 'judgeHealth', "return { kind: 'not-yet', waitingFor: 'nothing' };"),
}
