// `/healthz`, `/livez` and `/readyz`: is the process well, and is it ready for work.

import type { ApiResponse } from '@sheaf/api/client'
import type { HealthCheck } from './api-server.ts'

/** That the answer arrives is the check. */
const ping: HealthCheck = { name: 'ping', isHealthy: () => true }

/** The checks of each health path: only readiness looks beyond the process itself. */
export function healthPaths(readiness: readonly HealthCheck[]): ReadonlyMap<string, readonly HealthCheck[]> {
  return new Map([
    ['/healthz', [ping]],
    ['/livez', [ping]],
    ['/readyz', [ping, ...readiness]],
  ])
}

/** All checks of a path, or with `/readyz/<check>` one of them. undefined for a path that is none of these. */
export function answerHealth(
  paths: ReadonlyMap<string, readonly HealthCheck[]>,
  path: string,
  query: URLSearchParams,
): ApiResponse | undefined {
  const [, root = '', ...rest] = path.split('/')
  const checks = paths.get(`/${root}`)
  if (checks === undefined) return undefined
  if (rest.length === 0) return answerAll(root, checks, query)
  const check = checks.find(({ name }) => name === rest.join('/'))
  if (check === undefined) return undefined
  return passes(check) ? plain(200, 'ok') : plain(500, `internal server error: ${check.name} check failed\n`)
}

function answerAll(root: string, checks: readonly HealthCheck[], query: URLSearchParams): ApiResponse {
  const excluded = new Set(query.getAll('exclude'))
  let isHealthy = true
  const lines = checks.map((check) => {
    if (excluded.delete(check.name)) return `[+]${check.name} excluded: ok\n`
    if (passes(check)) return `[+]${check.name} ok\n`
    isHealthy = false
    return `[-]${check.name} failed: reason withheld\n`
  })
  if (excluded.size > 0) {
    const unknown = [...excluded].map((name) => JSON.stringify(name)).join(', ')
    lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown}\n`)
  }
  if (!isHealthy) return plain(500, `${lines.join('')}${root} check failed\n`)
  return plain(200, query.has('verbose') ? `${lines.join('')}${root} check passed\n` : 'ok')
}

/** A check that cannot even be asked has failed. */
function passes(check: HealthCheck): boolean {
  try {
    return check.isHealthy()
  } catch {
    return false
  }
}

function plain(status: number, body: string): ApiResponse {
  const headers = {
    'cache-control': 'no-cache, private',
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  }
  return { status, headers, body }
}
