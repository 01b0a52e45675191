// What a refusal says, whoever sent it: a Status of the API, or plain text of something on the way to it.

import { isJsonObject, type Status, StatusError, statusErrorFrom } from '../meta/index.ts'

/** Reasons for answers that are no Status, as client-go gives them. */
const reasonOfCode: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

/** A proxy's error page is not worth more in a log line. */
const longestPlainText = 500

/** The error that an answer above 399 stands for. */
export function responseError(code: number, text: string, retryAfter?: string): StatusError {
  const status = parsedStatus(text)
  if (status !== undefined) return statusErrorFrom({ ...status, code: status.code ?? code })
  const said = text.trim().slice(0, longestPlainText)
  // A path that nobody serves is answered in plain text; client-go words it so.
  const message = code === 404 ? 'the server could not find the requested resource' : said || `the server answered ${code}`
  const seconds = Number(retryAfter)
  return new StatusError(code, reasonOfCode[code] ?? '', message, {
    causes: [{ reason: 'UnexpectedServerResponse', message: said }],
    ...(seconds > 0 ? { retryAfterSeconds: seconds } : {}),
  })
}

export function isStatus(value: unknown): value is Status {
  return isJsonObject(value) && value['kind'] === 'Status' && value['apiVersion'] === 'v1'
}

function parsedStatus(text: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isStatus(value) ? value : undefined
  } catch {
    return undefined
  }
}
