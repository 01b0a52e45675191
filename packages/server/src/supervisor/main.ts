// The supervisor: starts the current release and, when that asks for it, puts another one in its place. It is installed beside
// the releases, with a Node of its own, and is not part of what is upgraded.
//
//   supervisor.mjs PREFIX [arguments of sheaf serve]

import { acquireInstanceLock, InstanceLocked } from '@sheaf/machinery/store'
import { supervisorVersion } from './protocol.ts'
import { readSlots, SlotsUnreadable } from './slots.ts'
import { type Supervisor, supervise } from './supervise.ts'

const [prefix, ...serveArguments] = process.argv.slice(2)
const log = (text: string): void => void process.stderr.write(`supervisor ${supervisorVersion}: ${text}\n`)

if (prefix === undefined) {
  log('the folder that Sheaf is installed in is missing: supervisor.mjs PREFIX [arguments of sheaf serve]')
  process.exit(2)
}
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
await (await run(prefix)).whenEnded

async function run(folder: string): Promise<Supervisor> {
  try {
    readSlots(folder)
    await acquireInstanceLock(folder)
    const supervisor = supervise({ prefix: folder, serveArguments, log })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => supervisor.stop())
    return supervisor
  } catch (error) {
    if (error instanceof InstanceLocked)
      log(`another supervisor runs ${folder} already: process ${error.holder?.pid ?? 'unknown'}`)
    else if (error instanceof SlotsUnreadable) log(error.message)
    else throw error
    process.exit(1)
  }
}
