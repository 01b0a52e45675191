// The files of a release, served by the host itself because the guest does not. What is served ends with this process; the
// journal tells the next one to go on.

import type { Platform } from './platform.ts'

export interface HostServing {
  /** Answers the base URL. Serves from the first call on. */
  ensure(id: string, iso: string): Promise<string>
  urlOf(id: string): string | undefined
  end(id: string): Promise<void>
  stop(): Promise<void>
}

export function createHostServing({ releases }: Pick<Platform, 'releases'>): HostServing {
  const served = new Map<string, Awaited<ReturnType<Platform['releases']['serveIso']>>>()
  async function end(id: string): Promise<void> {
    const one = served.get(id)
    served.delete(id)
    await one?.close()
  }
  return {
    async ensure(id, iso) {
      const one = served.get(id) ?? (await releases.serveIso(iso))
      served.set(id, one)
      return one.url
    },
    urlOf: (id) => served.get(id)?.url,
    end,
    async stop() {
      await Promise.all([...served.keys()].map(end))
    },
  }
}
