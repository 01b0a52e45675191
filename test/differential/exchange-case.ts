// A case: requests that are sent one after the other, and what is kept of their answers.

import { isJsonObject, type Json } from '@sheaf/api/meta'
import { type Answer, normaliser, type RecordedAnswer } from './normalise.ts'

export interface Step {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `{ns}` stands for the namespace of the case; `{uid:0}` and `{rv:0}` for what the answer to step 0 says. */
  path: string
  /** As it is when it is a text; placeholders work here too. */
  body?: Json
  contentType?: string
  /** Sent in another second than the step before, where the order of times matters. */
  later?: true
  /** Why only the outcome is compared: the other server's words are about its own insides. */
  ownWords?: string
  /** Why our answer is another one, and better. */
  kinder?: string
}

export interface ExchangeCase {
  /** Begins with the number of the rule that it is about. */
  name: string
  steps: readonly Step[]
}

export interface SentRequest {
  method: string
  path: string
  headers: Record<string, string>
  body?: string
}

export interface TestedServer {
  send(request: SentRequest): Promise<Answer>
  /** A second goes by. */
  waitSecond(): Promise<void>
}

export const differentialAgent = 'differential/1.0'

/** The answers as they are compared: what each server draws by itself is replaced by the order of its appearance. */
export async function runCase(server: TestedServer, one: ExchangeCase, namespace: string): Promise<RecordedAnswer[]> {
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  const headers = { 'content-type': 'application/json', 'user-agent': differentialAgent }
  await server.send({ method: 'POST', path: '/api/v1/namespaces', headers, body })
  const normalise = normaliser(namespace)
  const seen: Seen[] = []
  const answers: RecordedAnswer[] = []
  for (const step of one.steps) {
    if (step.later === true) await server.waitSecond()
    const answer = await server.send(requestOf(step, namespace, seen))
    seen.push(seenIn(answer))
    answers.push(normalise(answer))
  }
  return answers
}

interface Seen {
  uid: string
  rv: string
}

function seenIn({ text }: Answer): Seen {
  const { metadata } = parsed(text)
  const { uid, resourceVersion } = isJsonObject(metadata) ? metadata : {}
  return { uid: typeof uid === 'string' ? uid : '', rv: typeof resourceVersion === 'string' ? resourceVersion : '' }
}

function parsed(text: string): Record<string, Json | undefined> {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}

function requestOf(step: Step, namespace: string, seen: readonly Seen[]): SentRequest {
  const fill = (text: string): string =>
    text
      .replaceAll('{ns}', namespace)
      .replace(/\{(uid|rv):(\d+)\}/g, (_all, what: 'uid' | 'rv', index: string) => seen[Number(index)]?.[what] ?? '')
  const contentType = step.contentType ?? (step.body === undefined ? undefined : 'application/json')
  return {
    method: step.method,
    path: fill(step.path),
    headers: {
      accept: 'application/json',
      'user-agent': differentialAgent,
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
    },
    ...(step.body === undefined ? {} : { body: fill(typeof step.body === 'string' ? step.body : JSON.stringify(step.body)) }),
  }
}
