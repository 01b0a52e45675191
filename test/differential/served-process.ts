// Our whole server, in a process of its own, as one that is compared.

import { bodyText } from '@sheaf/api/client'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServerProcess } from '../kit/server-process.ts'
import type { TestedServer } from './exchange-case.ts'
import { warningText } from './warning-text.ts'

export interface ServedProcess extends TestedServer {
  stop(): Promise<void>
}

const secondMs = 1_100

export async function startServedProcess(): Promise<ServedProcess> {
  const server = await startServerProcess()
  return {
    async send({ method, path, headers, body }) {
      const answer = await server.fetch({ method, path, headers, ...(body === undefined ? {} : { body }) })
      const { warning = [] } = answer.headers
      const warnings = typeof warning === 'string' ? [warning] : warning
      return { status: answer.status, warnings: warnings.map(warningText), text: await bodyText(answer.body) }
    },
    waitSecond: () => sleep(secondMs),
    stop: () => server.dispose(),
  }
}
