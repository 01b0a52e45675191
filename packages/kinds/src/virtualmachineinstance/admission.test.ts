import type { VirtualMachineInstance } from '@sheaf/api'
import { createClient } from '@sheaf/api/client'
import type { UserInfo } from '@sheaf/machinery/kind'
import { expect, it } from 'vitest'
import { controllerUser } from '../controller-user.ts'
import { sampleRandom } from '../virtualmachine/sample-objects.fixture.ts'
import { virtualMachineInstanceAdmission } from './admission.ts'
import { instanceFinalizer } from './decide.ts'
import { sampleInstance } from './sample-instance.ts'

const somebody: UserInfo = { username: 'somebody', groups: [] }

/** What is left of the finalizers, and what the user is warned of. */
async function updated(before: string[], after: string[], user: UserInfo) {
  const object: VirtualMachineInstance = sampleInstance({ metadata: { finalizers: after } })
  const warnings: string[] = []
  const clock = { now: () => 0, after: () => ({ cancel() {} }) }
  const client = createClient({ fetch: () => Promise.reject(new Error('nobody is asked')), userAgent: 'test' })
  const admission = virtualMachineInstanceAdmission(sampleRandom(), clock, client)
  await admission.mutate?.({
    operation: 'UPDATE',
    subresource: undefined,
    user,
    namespace: 'default',
    name: 'demo',
    object,
    oldObject: sampleInstance({ metadata: { finalizers: before } }),
    dryRun: false,
    warn: (text) => warnings.push(text),
  })
  return { finalizers: object.metadata.finalizers, warnings }
}

it('VI9 no user can take our finalizer away, and is told how to end the machine', async () => {
  const { finalizers, warnings } = await updated([instanceFinalizer, 'example.com/mine'], [], somebody)
  expect(finalizers).toEqual([instanceFinalizer])
  expect(warnings).toEqual([expect.stringContaining('terminationGracePeriodSeconds to 0')])
})

it('VI9 we can, and a user who takes away his own is not spoken to', async () => {
  expect(await updated([instanceFinalizer], [], controllerUser)).toEqual({ finalizers: [], warnings: [] })
  expect(await updated([instanceFinalizer, 'example.com/mine'], [instanceFinalizer], somebody)).toEqual({
    finalizers: [instanceFinalizer],
    warnings: [],
  })
})
