// The images that were pulled from registries: which there are, and one more or one less.

import { setTimeout as pause } from 'node:timers/promises'
import { bodyText } from '@sheaf/api/client'
import type { JsonObject } from '@sheaf/api/meta'
import { Command } from 'commander'
import { aligned } from './aligned.ts'
import { CommandError, connect } from './connection.ts'
import { outputOption } from './virtual-machine-argument.ts'

const path = '/apis/subresources.sheaf.io/v1/images'
/** How often a pull is looked at. */
const lookMs = 500

interface ListedImage {
  references: string[]
  digest: string
  sizeBytes: number
  pulledAt: string
  usedBy: string[]
}

type PullState = { since: number } & (
  | { kind: 'pulling'; receivedBytes: number; totalBytes?: number }
  | { kind: 'there' }
  | { kind: 'failed'; message: string }
)

export function imagesCommand(): Command {
  const command = new Command('images')
    .description('the images that were pulled from registries')
    .addOption(outputOption())
    .action(printImages)
    .addHelpText('after', notes)
  const pull = new Command('pull')
    .description('pull an image, or what its tag stands for now')
    .argument('<reference>', 'such as quay.io/containerdisks/fedora:41')
    .action(pullImage)
  const remove = new Command('rm')
    .description('let go of an image that no machine uses')
    .argument('<reference>', 'as the list shows it, or its digest')
    .action(removeImage)
  for (const each of [pull, remove]) command.addCommand(each.exitOverride())
  return command
}

const notes = `
Folders of your own, such as images/sheaf.local/guest/latest in the data folder, are not listed: nobody touches them but you.
What a tag leaves behind when it moves goes by itself once no machine uses it.`

async function printImages({ output }: { output: 'text' | 'json' }): Promise<void> {
  const { items } = await ask<{ items: ListedImage[] }>('GET', path)
  if (output === 'json') process.stdout.write(`${JSON.stringify(items, null, 2)}\n`)
  else if (items.length === 0)
    process.stdout.write('No images were pulled yet. Try: sheaf images pull quay.io/containerdisks/fedora:41\n')
  else process.stdout.write(`${aligned([['REFERENCE', 'DIGEST', 'SIZE', 'USED BY'], ...items.flatMap(rowsOf)])}\n`)
}

function rowsOf({ references, digest, sizeBytes, usedBy }: ListedImage): string[][] {
  const rest = [digest.slice(0, shortDigest), mebibytes(sizeBytes), usedBy.join(' ')]
  return (references.length === 0 ? ['<none>'] : references).map((reference) => [reference, ...rest])
}

/** Enough to tell one from the other. */
const shortDigest = 'sha256:'.length + 12

async function pullImage(reference: string): Promise<void> {
  let state = await ask<PullState>('PUT', `${path}/pull`, { reference })
  let said = ''
  while (state.kind === 'pulling') {
    const now = progressOf(state)
    if (now !== said) process.stderr.write(`${now}\n`)
    said = now
    await pause(lookMs)
    state = await ask<PullState>('PUT', `${path}/pull`, { reference, since: state.since })
  }
  if (state.kind === 'failed') throw new CommandError(`cannot pull ${reference}: ${state.message}`)
  process.stdout.write(`${reference} is here.\n`)
}

function progressOf({ receivedBytes, totalBytes }: Extract<PullState, { kind: 'pulling' }>): string {
  return totalBytes === undefined ? 'asking the registry' : `${mebibytes(receivedBytes)} of ${mebibytes(totalBytes)}`
}

async function removeImage(reference: string): Promise<void> {
  await ask('PUT', `${path}/remove`, { reference })
  process.stdout.write(`${reference} is gone.\n`)
}

async function ask<T>(method: 'GET' | 'PUT', at: string, body?: JsonObject): Promise<T> {
  return JSON.parse(await bodyText((await connect().client.request(method, at, body)).body)) as T
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`
