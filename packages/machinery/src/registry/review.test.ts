import { type ApiObject, invalid, reviewDefinition } from '@sheaf/api/meta'
import { expect, test } from 'vitest'
import { kinds, startServer } from '../apiserver/widget-server.testdata.ts'
import type { Kind } from '../kind.ts'

interface Question extends ApiObject {
  spec?: { about?: string }
}

const question: Kind<Question> = {
  definition: reviewDefinition<Question>(
    { group: 'example.org', kind: 'Question', plural: 'questions', scope: 'Cluster', schemaName: 'org.example.v1.Question' },
    ({ spec }) => (spec?.about === 'everything' ? [invalid('spec.about', spec.about, 'is too much')] : []),
  ),
  review: ({ object, user }) => ({ ...object, status: { answer: `${user.username} asks about ${object.spec?.about}` } }),
}

const schemas = {
  'org.example.v1.Question': {
    type: 'object',
    properties: { spec: { type: 'object', properties: { about: { type: 'string' } } } },
  },
} as const

const path = '/apis/example.org/v1/questions'
const asked = (about: string): object => ({ apiVersion: 'example.org/v1', kind: 'Question', spec: { about } })

const start = async () => {
  const ofWidgets = kinds.filter(({ definition }) => definition.schemaName !== 'org.example.v1.Question')
  return startServer({ kinds: [...ofWidgets, question as Kind], schemas })
}

test('AC20 a question comes back with its answer, needs no name, and is stored nowhere', async () => {
  const { send, store } = await start()
  const before = store.revision
  const answer = await send('POST', path, asked('widgets'))
  expect(answer).toMatchObject({ status: 201, json: { kind: 'Question', status: { answer: 'ada asks about widgets' } } })
  expect(store.revision).toBe(before)
})

test('AC20 a question is checked like an object', async () => {
  const { send } = await start()
  expect(await send('POST', path, asked('everything'))).toMatchObject({
    status: 422,
    json: { message: 'Question.example.org "" is invalid: spec.about: Invalid value: "everything": is too much' },
  })
  const strict = await send('POST', `${path}?fieldValidation=Strict`, { ...asked('a'), spec: { abaut: 'a' } })
  expect(strict).toMatchObject({ status: 400, json: { message: expect.stringContaining('unknown field "spec.abaut"') } })
  expect((await send('POST', path)).status).toBe(400)
})

test('AC20 a question has no verb but create, and discovery says so', async () => {
  const { send } = await start()
  for (const method of ['GET', 'DELETE']) expect((await send(method, path)).status).toBe(405)
  expect((await send('GET', `${path}/a`)).status).toBe(405)
  const { text } = await send('GET', '/apis/example.org/v1')
  const entry = (JSON.parse(text) as { resources: { name: string; verbs: string[] }[] }).resources.find(
    ({ name }) => name === 'questions',
  )
  expect(entry?.verbs).toEqual(['create'])
})
