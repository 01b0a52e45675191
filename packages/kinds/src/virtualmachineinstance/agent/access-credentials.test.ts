// docs/spec/instance.md, access credentials: the real API server and the real controller over a simulated host.

import { type Secret, secretDefinition, type VirtualMachineInstance } from '@sheaf/api'
import { AgentRefused, type SimulatedAgent } from '@sheaf/qemu'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publicKeysFor } from './access-credentials.ts'
import { type ActionWorld, startActionWorld } from '../actions/action-world.fixture.ts'
import { sampleInstance } from '../sample-instance.ts'

let world: ActionWorld
beforeEach(async () => {
  world = await startActionWorld()
})
afterEach(() => world.stop())

type Credentials = NonNullable<VirtualMachineInstance['spec']['accessCredentials']>

const namespace = 'default'
const secrets = () => world.client.resource<Secret>(secretDefinition)
const createSecret = (name: string, stringData: Record<string, string>) =>
  secrets().create({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, stringData })
const source = (secretName: string) => ({ secret: { secretName } })
const keysByAgent = (secret: string, ...users: string[]): Credentials[number] => ({
  sshPublicKey: { source: source(secret), propagationMethod: { qemuGuestAgent: { users } } },
})
const passwords: Credentials[number] = {
  userPassword: { source: source('passwords'), propagationMethod: { qemuGuestAgent: {} } },
}
const finding = () => world.condition('one', 'AccessCredentialsSynchronized')
const untilFinding = (status: string, message?: string): Promise<void> =>
  world.until(async () => {
    const condition = await finding()
    return condition?.status === status && condition.message === message
  })

describe('VI90 keys in the seed', () => {
  it('are numbered, in the order of the Secrets and of the names in them', async () => {
    await createSecret('team', { b: 'key b', a: 'key a', empty: '' })
    await createSecret('boss', { only: 'key c' })
    const instance = sampleInstance({
      spec: {
        accessCredentials: [
          { sshPublicKey: { source: source('team'), propagationMethod: { noCloud: {} } } },
          { sshPublicKey: { source: source('boss'), propagationMethod: { noCloud: {} } } },
          { sshPublicKey: { source: source('boss'), propagationMethod: { configDrive: {} } } },
        ],
      },
    })
    expect(await publicKeysFor('noCloud', instance, world)).toEqual({ '0': 'key a', '1': 'key b', '2': 'key c' })
    expect(await publicKeysFor('configDrive', instance, world)).toEqual({ '0': 'key c' })
    expect(await publicKeysFor('noCloud', sampleInstance(), world)).toBeUndefined()
  })

  it('wait for their Secret: nothing is launched before it is there', async () => {
    await world.create('one', { accessCredentials: [keysByAgent('keys', 'demo')] }, 'Pending')
    await world.until(async () => (await world.condition('one', 'Synchronized'))?.reason === 'FailedMount')
    expect((await world.get('one')).status?.phase).toBe('Scheduling')
    await createSecret('keys', { mine: 'key' })
    await world.until(async () => (await world.get('one')).status?.phase === 'Running')
  })
})

describe('VI91 keys and passwords by the agent', () => {
  const given: object[] = []
  const agent: SimulatedAgent = {
    'guest-ssh-add-authorized-keys': (taken: object) => given.push(taken),
    'guest-set-user-password': (taken: object) => given.push(taken),
  }
  beforeEach(() => void given.splice(0))

  it('are set once it is connected, and again when a Secret changes', async () => {
    await createSecret('keys', { one: 'key 1\n\n key 2 ' })
    await createSecret('more', { two: 'key 3' })
    await createSecret('passwords', { demo: ' secret\n', nobody: '' })
    const accessCredentials = [keysByAgent('keys', 'demo', 'root'), keysByAgent('more', 'demo'), passwords]
    const id = await world.create('one', { accessCredentials })
    await untilFinding('False', 'Guest agent is offline')
    world.world.connectAgent(id, agent)
    await untilFinding('True')
    expect(given).toEqual([
      { username: 'demo', keys: ['key 1', 'key 2', 'key 3'], reset: true },
      { username: 'root', keys: ['key 1', 'key 2'], reset: true },
      { username: 'demo', password: Buffer.from('secret').toString('base64'), crypted: false },
    ])
    expect(world.recorded).toContain('Normal AccessCredentialsSyncSuccess one: Access credentials sync successful.')
    given.splice(0)
    await secrets().patch({ namespace, name: 'more' }, { stringData: { two: 'key 4' } })
    await world.until(() => given.length === 3)
    expect(given[0]).toEqual({ username: 'demo', keys: ['key 1', 'key 2', 'key 4'], reset: true })
  })

  it('are set anew every five minutes, for guests that have lost them', async () => {
    await createSecret('keys', { one: 'key' })
    const id = await world.create('one', { accessCredentials: [keysByAgent('keys', 'demo')] })
    world.world.connectAgent(id, agent)
    await untilFinding('True')
    const since = world.clock.now()
    await world.until(() => given.length === 2, 500)
    expect(world.clock.now() - since).toBeGreaterThan(280_000)
  })

  it('are tried again when the guest says no, and the others are set all the same', async () => {
    await createSecret('keys', { one: 'key' })
    await createSecret('passwords', { demo: 'secret' })
    const id = await world.create('one', { accessCredentials: [keysByAgent('keys', 'demo'), passwords] })
    const refusing: SimulatedAgent = {
      ...agent,
      'guest-ssh-add-authorized-keys': () => {
        throw new AgentRefused('guest-ssh-add-authorized-keys', "failed to lookup user 'demo'")
      },
    }
    world.world.connectAgent(id, refusing)
    const message =
      "Error encountered writing ssh pub key access credentials for user [demo]: the guest agent refused guest-ssh-add-authorized-keys: failed to lookup user 'demo'"
    await untilFinding('False', message)
    expect(given).toHaveLength(1)
    expect(world.recorded).toContain(`Warning AccessCredentialsSyncFailed one: Access credentials sync failed: ${message}`)
    world.world.connectAgent(id, agent)
    await untilFinding('True')
  })

  it('whose Secret has gone are told so', async () => {
    await createSecret('keys', { one: 'key' })
    const id = await world.create('one', { accessCredentials: [keysByAgent('keys', 'demo')] })
    world.world.connectAgent(id, agent)
    await untilFinding('True')
    await secrets().delete({ namespace, name: 'keys' })
    await world.until(async () => (await finding())?.message?.includes('secret "keys" not found') === true)
  })
})
