import { bodyText } from '@sheaf/api/client'
import type { ActionCall } from '@sheaf/machinery/kind'
import type { ImageRequest, ImageSight, KeptImage, Machine } from '@sheaf/qemu'
import { beforeEach, describe, expect, it } from 'vitest'
import { imageActions } from './image-actions.ts'
import { localImages } from './local-images.ts'

const digest = `sha256:${'a'.repeat(64)}`
const image: KeptImage = {
  digest,
  references: ['r.example/a:1', 'docker.io/library/b:latest'],
  folder: '/pulled/a',
  packedBytes: 5,
  pulledAtMs: 0,
}
const disk = (path: string) => ({ source: { kind: 'overlay', backingFile: path, backingFormat: 'raw' } })
const machineOn = (path: string) => ({ plan: { name: 'default_demo', disks: [disk(path)] } }) as unknown as Machine

let machines: Machine[]
let sight: ImageSight
let asked: ImageRequest[]
let forgiven: string[]
let forgotten: { reference: string; usedFiles: readonly string[] }[]
beforeEach(() => {
  machines = []
  sight = { kind: 'pulling', receivedBytes: 1, totalBytes: 2 }
  asked = []
  forgiven = []
  forgotten = []
})

async function ask(action: string, body?: object) {
  const actions = imageActions({
    clock: { now: () => 1000, after: () => ({ cancel: () => {} }) },
    hypervisor: { list: async () => machines } as Parameters<typeof imageActions>[0]['hypervisor'],
    images: {
      ...localImages('/images', async () => undefined),
      list: async () => [image],
      look: async (request) => (asked.push(request), sight),
      forgive: (reference) => void forgiven.push(reference),
      forget: async (reference, usedFiles) => void forgotten.push({ reference, usedFiles }),
    },
  })
  const answer = await actions.find((each) => each.action === action)?.run({ body } as ActionCall)
  return JSON.parse(await bodyText(answer?.body ?? '')) as unknown
}

describe('images through the API', () => {
  it('IM8 are listed with the machines that stand on them', async () => {
    machines = [machineOn('/pulled/a/disk/disk.img'), machineOn('/pulled/aa/disk/disk.img')]
    expect(await ask('images')).toEqual({
      items: [
        { references: image.references, digest, sizeBytes: 5, pulledAt: '1970-01-01T00:00:00.000Z', usedBy: ['default/demo'] },
      ],
    })
  })

  it('IM8 are pulled anew, and asked about again by the time of the first question', async () => {
    expect(await ask('images/pull', { reference: 'r.example/a:1' })).toMatchObject({ since: 1000, kind: 'pulling' })
    await ask('images/pull', { reference: 'r.example/a:1', since: 700 })
    expect(asked).toMatchObject([{ policy: 'always', freshSinceMs: 1000 }, { freshSinceMs: 700 }])
    expect(forgiven).toEqual(['r.example/a:1'])
  })

  it('IM8 are let go of by reference or digest, unless a machine stands on one', async () => {
    await ask('images/remove', { reference: 'r.example/a:1' })
    await ask('images/remove', { reference: digest })
    await ask('images/remove', { reference: 'b' })
    expect(forgotten.map(({ reference }) => reference)).toEqual(['r.example/a:1', digest, 'docker.io/library/b:latest'])
    machines = [machineOn('/pulled/a/disk/disk.img')]
    await expect(ask('images/remove', { reference: digest })).rejects.toMatchObject({
      code: 409,
      message: expect.stringContaining('in use by default/demo: stop them first'),
    })
  })

  it.each([
    ['images/pull', {}, 400, /the body must name the image/],
    ['images/remove', { reference: '' }, 400, /the body must name the image/],
    ['images/remove', { reference: 'r.example/a' }, 404, /no pulled image is called/],
  ])('IM8 say what is wrong with a request: %s %j', async (action, body, code, message) => {
    await expect(ask(action, body)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('IM8 of this machine alone, or without a proper name, are not pulled', async () => {
    sight = { kind: 'notLocal' }
    await expect(ask('images/pull', { reference: 'sheaf.local/a' })).rejects.toMatchObject({ code: 404 })
    sight = { kind: 'misnamed', message: 'no name' }
    await expect(ask('images/pull', { reference: 'A' })).rejects.toMatchObject({ code: 400, message: 'no name' })
  })
})
