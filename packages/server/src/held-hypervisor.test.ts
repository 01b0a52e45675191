import type { Hypervisor } from '@sheaf/qemu'
import { expect, test } from 'vitest'
import { DeedAbandoned, holdHypervisor } from './held-hypervisor.ts'

function recorded() {
  const done: string[] = []
  const inner = new Proxy({} as Hypervisor, {
    get: (_, name) => async (id: string) => void done.push(`${String(name)} ${id}`),
  })
  return { done, held: holdHypervisor(inner) }
}

const deeds = ['kill', 'remove', 'reset', 'pressPowerButton'] as const

test('UP13 on trial a release looks at machines and does nothing to them until it is confirmed', async () => {
  const { done, held } = recorded()
  const waiting = deeds.map((deed) => held.hypervisor[deed]('a'))
  await held.hypervisor.find('a')
  expect(done).toEqual(['find a'])
  expect(held.waiting).toBe(4)
  held.release()
  await Promise.all(waiting)
  expect(done).toEqual(['find a', 'kill a', 'remove a', 'reset a', 'pressPowerButton a'])
  await held.hypervisor.kill('b')
  expect(done.at(-1)).toBe('kill b')
  expect(held.waiting).toBe(0)
})

test('UP13 what was held back is never done by a release that is taken back', async () => {
  const { done, held } = recorded()
  const waiting = held.hypervisor.kill('a')
  held.abandon()
  await expect(waiting).rejects.toThrow(DeedAbandoned)
  await expect(held.hypervisor.kill('b')).rejects.toThrow(DeedAbandoned)
  expect(done).toEqual([])
})
