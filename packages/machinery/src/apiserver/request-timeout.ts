// The `timeout` parameter of requests that are no watches.

import { badRequest } from '@sheaf/api/meta'

/** `1h2m3.5s`, as Go writes durations. */
const duration = /^[+-]?(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/

/** `timeout` is checked and then left to the transport: nothing here takes as long as the shortest that clients send. */
export function checkTimeout(query: URLSearchParams): void {
  const timeout = query.get('timeout')
  if (timeout === null || timeout === '' || timeout === '0' || duration.test(timeout)) return
  throw badRequest(`invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(timeout)}`)
}
