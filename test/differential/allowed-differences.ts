// Where we differ from kube-apiserver on purpose. Everything else must be the same.

import { isJsonObject, type Json } from '@sheaf/api/meta'
import type { ExchangeCase } from './exchange-case.ts'
import type { RecordedAnswer } from './normalise.ts'

/** The answers of one server as they are compared with those of the other. */
export function comparedAnswers(
  { steps }: ExchangeCase,
  own: readonly RecordedAnswer[],
  judge: readonly RecordedAnswer[],
): { own: RecordedAnswer[]; judge: RecordedAnswer[] } {
  // Where the judge stumbles the two go different ways from there on.
  const end = judge.findIndex((answer, index) => isLeftoverNull(answer, own[index]))
  const upTo = end < 0 ? steps.length : end
  const compared = (answers: readonly RecordedAnswer[]): RecordedAnswer[] =>
    answers.slice(0, upTo).map((answer, index) => {
      const { ownWords, kinder } = steps[index] ?? {}
      if (kinder !== undefined) return { status: 0, body: kinder }
      if (tellsLeftoverNull(judge[index])) return withoutLeftoverNull(answer)
      return ownWords === undefined ? withoutOurAdditions(answer) : outcomeOf(answer)
    })
  return { own: compared(own), judge: compared(judge) }
}

/**
 * When the last manager gives back the last element of a list or map, kube-apiserver makes a null of it, and then refuses
 * its own null. With us the field goes.
 */
function isLeftoverNull(answer: RecordedAnswer, own: RecordedAnswer | undefined): boolean {
  const causes = causesIn(answer)
  return answer.status === 422 && own?.status === 200 && causes.length > 0 && causes.every(isOfNull)
}

/** It may do so beside what both refuse. */
function tellsLeftoverNull(answer: RecordedAnswer | undefined): boolean {
  return answer?.status === 422 && causesIn(answer).some(isOfNull)
}

/** All but that cause, and the sentence that all causes are in. */
function withoutLeftoverNull(answer: RecordedAnswer): RecordedAnswer {
  const causes = causesIn(answer).filter((cause) => !isOfNull(cause))
  return { status: answer.status, body: { causes } }
}

function causesIn({ body }: RecordedAnswer): Json[] {
  const details = isJsonObject(body) ? body.details : undefined
  return isJsonObject(details) && Array.isArray(details.causes) ? details.causes : []
}

const isOfNull = (cause: Json): boolean => isJsonObject(cause) && textOf(cause.message).startsWith('Invalid value: "null": ')

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

/** For steps whose words are those of Go's own types and readers. */
function outcomeOf({ status, body }: RecordedAnswer): RecordedAnswer {
  const { reason = null, details } = isJsonObject(body) ? body : {}
  const { kind = null, name = null } = isJsonObject(details) ? details : {}
  return { status, body: { reason, kind, name } }
}

function withoutOurAdditions({ body, ...answer }: RecordedAnswer): RecordedAnswer {
  return { ...answer, body: isJsonObject(body) ? comparableBody(body) : body }
}

function comparableBody(body: Record<string, Json | undefined>): Json {
  if (Array.isArray(body.items)) {
    // Elements of a list of a built-in Kind lack both there.
    return { ...body, items: body.items.map((item) => (isJsonObject(item) ? withoutType(item) : item)) } as Json
  }
  if (body.kind !== 'Status') return body as Json
  const { message, details, ...rest } = body
  // Kubernetes tells only here, for built-in Kinds, less than it knows: we name the types that work.
  if (body.code === 415) return { ...rest } as Json
  const text = withoutOrder(cutPatched(textOf(message)))
  return { ...rest, message: text, details: comparableDetails(details, text) } as Json
}

function withoutType({ apiVersion: _a, kind: _k, ...item }: Record<string, Json | undefined>): Json {
  return item as Json
}

/** Several causes stand there in the order of Go's maps, which is none; they are compared below. */
const withoutOrder = (message: string): string => message.replace(/( is invalid: )\[.*\]$/s, '$1[…]')

/** The refusal of a JSON patch hides its cause, which we tell; some causes are told twice, which we do not. */
function comparableDetails(details: Json | undefined, message: string): Json {
  if (!isJsonObject(details)) return {}
  const { causes, ...rest } = details
  if (!Array.isArray(causes) || message === 'the server rejected our request due to an error in our request') return rest as Json
  const texts = new Set(causes.map((cause) => cutPatched(JSON.stringify(cause))))
  return { ...rest, causes: [...texts] } as Json
}

/** The whole patched object stands in the message there; ours has the patch. */
function cutPatched(text: string): string {
  return text.replace(/(Invalid value: \\*")(\\*[{[].*)(\\*": (?:strict decoding error|json patch))/s, '$1…$3')
}
