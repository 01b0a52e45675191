// A small document from elsewhere, over TLS: within a time and a size.

import { get } from 'node:https'

export interface FetchLimits {
  /** The system's authorities where it is absent. */
  authorityPem: string | undefined
  timeoutMs: number
}

/** Descriptions and keys of identity providers have some kilobytes. */
const mostBytes = 256 * 1024

/** Redirects are not followed: the address is one that an administrator has named. */
export function fetchJson(url: string, { authorityPem, timeoutMs }: FetchLimits): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = get(
      url,
      {
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        headers: { accept: 'application/json' },
        ...(authorityPem === undefined ? {} : { ca: authorityPem }),
      },
      (incoming) => {
        const chunks: Buffer[] = []
        let bytes = 0
        incoming.on('error', reject)
        incoming.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > mostBytes) incoming.destroy(new Error(`${url} has more than ${mostBytes} bytes`))
          else chunks.push(chunk)
        })
        incoming.on('end', () => {
          try {
            if (incoming.statusCode !== 200) throw new Error(`${url} answers ${incoming.statusCode}`)
            resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')))
          } catch (error) {
            reject(error)
          }
        })
      },
    )
    asked.on('error', reject)
  })
}
