import { upgradeDefinition } from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import type { Json } from '@sheaf/api/meta'
import type { ActionCall, Kind, RequestAction } from '@sheaf/machinery/kind'
import { expect, test } from 'vitest'
import { smallKinds, startTestApi } from '../api-server.fixture.ts'
import type { Installed, Platform } from './platform.ts'
import type { UpgradePorts } from './ports.ts'
import { releaseActions } from './release-actions.ts'
import { simulatePlatform } from './simulated-platform.fixture.ts'

const supervised: Installed = { version: '1.1.0', supervisorVersion: '1.0.0', previous: '1.0.0', outcome: undefined }

/** No upgrade has led from the one release to the other: the two were installed. */
async function ask(
  action: string,
  installed: Installed,
  body?: Json,
  answer: Awaited<ReturnType<Platform['switchTo']>> = { kind: 'handed-over' },
) {
  const asked: unknown[] = []
  const api = await startTestApi([...smallKinds, { definition: upgradeDefinition }] as Kind[])
  const platform: Platform = {
    ...simulatePlatform(api.clock).platform,
    installed: () => installed,
    async switchTo(...words: Parameters<Platform['switchTo']>) {
      asked.push(words)
      return answer
    },
  }
  const ports = { ...api, random: { uuid: () => 'id', below: () => 0 }, platform } as unknown as UpgradePorts
  const found = releaseActions(ports).find((each) => each.action === action)
  const run = async () => (found as RequestAction).run({ body } as ActionCall)
  return { asked, run }
}

test('UP25 the release that runs, the one before and the last outcome can be asked for', async () => {
  const { body } = await (await ask('release', supervised)).run()
  expect(JSON.parse(await bodyText(body))).toEqual({ version: '1.1.0', supervisorVersion: '1.0.0', previous: '1.0.0' })
})

test('UP25 a rollback asks for the release before, and answers when it is about to take over', async () => {
  const { asked, run } = await ask('rollback', supervised, { deadlineSeconds: 5 })
  expect(JSON.parse(await bodyText((await run()).body))).toEqual({ id: 'rollback-id', from: '1.1.0', to: '1.0.0' })
  expect(asked).toEqual([['1.0.0', 'rollback-id', 5_000]])
})

test.each<[string, Installed, Json, string]>([
  ['without a supervisor', { ...supervised, supervisorVersion: undefined }, {}, 'set it up with sheaf install'],
  ['without a release before', { ...supervised, previous: undefined }, {}, '1.1.0 is the first release that was installed here'],
  ['with a deadline that is none', supervised, { deadlineSeconds: 'soon' }, 'deadlineSeconds must be a number from 1 to 3600'],
])('UP25 a rollback %s is refused with what would work', async (_, installed, body, why) => {
  const { asked, run } = await ask('rollback', installed, body)
  await expect(run()).rejects.toThrow(why)
  expect(asked).toEqual([])
})

test('UP25 a release that does not come up is told with its reason', async () => {
  const { run } = await ask('rollback', supervised, {}, { kind: 'not-tried', why: 'it ended (code 3)' })
  await expect(run()).rejects.toThrow('1.0.0 does not take over, and 1.1.0 goes on: it ended (code 3)')
})
