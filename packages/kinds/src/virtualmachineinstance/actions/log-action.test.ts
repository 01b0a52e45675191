import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bodyText, isStreaming } from '@sheaf/api/client'
import type { ActionCall } from '@sheaf/machinery/kind'
import type { Machine } from '@sheaf/qemu'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MachinePorts } from '../../ports.ts'
import { logAction } from './log-action.ts'
import { running, sampleInstance, sampleMachine } from '../sample-instance.ts'

let folder: string
let machine: Machine
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-log-'))
  machine = { ...sampleMachine(sampleInstance(), running), serialLogPath: join(folder, 'serial.log') }
})
afterEach(() => rm(folder, { recursive: true }))

async function ask(query: string) {
  const ports = {
    client: { resource: () => ({ find: async () => sampleInstance() }) },
    hypervisor: { find: async () => machine },
  } as unknown as MachinePorts
  const call = { namespace: 'default', name: 'demo', query: new URLSearchParams(query), signal: new AbortController().signal }
  return (await logAction(ports).run(call as ActionCall)).body
}

describe('the log of a console', () => {
  it.each([
    ['', 'login: '],
    ['tailBytes=3', 'n: '],
    ['tailBytes=0', ''],
    ['tailBytes=99', 'login: '],
  ])('asked for with "%s" is %j', async (query, text) => {
    await writeFile(machine.serialLogPath, 'login: ')
    expect(await bodyText(await ask(query))).toBe(text)
  })

  it('is followed beyond the point where it begins anew', async () => {
    await writeFile(machine.serialLogPath, 'a first log')
    const body = await ask('follow=true')
    if (!isStreaming(body)) throw new Error('nothing to follow')
    const chunks = body[Symbol.asyncIterator]()
    expect(String((await chunks.next()).value)).toBe('a first log')
    await truncate(machine.serialLogPath)
    await appendFile(machine.serialLogPath, 'new')
    expect(String((await chunks.next()).value)).toBe('new')
    await chunks.return?.()
  })
})
