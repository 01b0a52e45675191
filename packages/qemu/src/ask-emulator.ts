// What QEMU itself knows and this host can give it: asked of a QEMU that is started for this question only.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { EmulatorCapabilities } from './capabilities.ts'
import { parseQmpLine } from './qmp/protocol.ts'

/** QEMU answers within a third of a second. */
const deadlineMs = 20_000

/** Without a machine nothing is started but QEMU's own knowledge. */
const bare = ['-machine', 'none', '-nodefaults', '-no-user-config', '-display', 'none', '-qmp', 'stdio']

const questions = [
  { execute: 'qmp_capabilities' },
  { execute: 'query-cpu-definitions' },
  // `max` has everything that can be had here.
  { execute: 'query-cpu-model-expansion', arguments: { type: 'full', model: { name: 'max' } } },
  { execute: 'query-machines' },
  { execute: 'qom-list-types', arguments: { implements: 'device', abstract: false } },
  { execute: 'quit' },
]

export async function askEmulator(qemu: string, accelerator: 'kvm' | 'tcg'): Promise<EmulatorCapabilities> {
  const child = spawn(qemu, [...bare, '-accel', accelerator], { stdio: ['pipe', 'pipe', 'ignore'], timeout: deadlineMs })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.stdin.on('error', () => {}) // It ended before it was asked: then there are no answers.
  child.stdin.write(questions.map((question) => `${JSON.stringify({ ...question, id: question.execute })}\n`).join(''))
  await once(child, 'close')
  return { accelerator, ...parseAnswers(said) }
}

/** What QEMU says before it is asked. */
const greeting = 'greeting'

/** Pure. Throws when an answer is missing. */
export function parseAnswers(said: string): Omit<EmulatorCapabilities, 'accelerator'> {
  const answers = new Map<unknown, unknown>()
  for (const line of said.split('\n')) {
    const message = parseQmpLine(line)
    if (message?.kind === 'return') answers.set(message.id, message.value)
    if (message?.kind === 'greeting') answers.set(greeting, message.greeting.qemuVersion)
  }
  const answer = <T>(name: string): T => {
    const value = answers.get(name)
    if (value === undefined) throw new Error(`QEMU did not answer ${name} when it was asked what it can do`)
    return value as T
  }
  const models = answer<{ name: string; 'unavailable-features'?: string[] }[]>('query-cpu-definitions')
  const { model } = answer<{ model: { props: Record<string, unknown> } }>('query-cpu-model-expansion')
  const machines = answer<{ name: string; alias?: string }[]>('query-machines')
  return {
    version: answer<string>(greeting),
    processorModels: new Map(models.map((each) => [each.name, each['unavailable-features'] ?? []])),
    processorFeatures: new Map(
      Object.entries(model.props).flatMap(([name, value]) => (typeof value === 'boolean' ? [[name, value] as const] : [])),
    ),
    machineTypes: new Set(machines.flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias]))),
    devices: new Set(answer<{ name: string }[]>('qom-list-types').map(({ name }) => name)),
  }
}
