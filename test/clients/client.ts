// A client of others, as the matrix sees it: how it comes here, and what it is asked to do. A deed is done or fails with
// the client's own words; nothing is taken for granted.

import type { ServerProcess } from '../kit/server-process.ts'

export interface Client {
  /** As its makers write it. */
  name: string
  /** Where it comes from: a package or a module with its version. */
  origin: string
  /** Brings it here and makes it ready to run against this server. Throws with the reason why it cannot be had. */
  bring(bench: Bench): Promise<BroughtClient>
}

export interface Bench {
  server: ServerProcess
  /** Kept from run to run: what was built or downloaded. */
  cacheFolder: string
  /** The client's own, empty at the start. Its namespace has the same name as the folder. */
  folder: string
  namespace: string
  environment: NodeJS.ProcessEnv
}

export interface BroughtClient {
  /** As the program that runs tells it. */
  version: string
  /** In their order; a deed may need those before it. */
  deeds: readonly Deed[]
}

export interface Deed {
  /** What somebody who uses the client would call it. */
  title: string
  /** Throws when what came about is not what was asked for. */
  run(): Promise<void>
}

export type Outcome = { title: string; state: 'works' } | { title: string; state: 'fails'; words: string }

export interface ClientReport {
  name: string
  origin: string
  /** Undefined: it could not be had. */
  version: string | undefined
  /** Why it could not be had. */
  absence?: string
  outcomes: readonly Outcome[]
}

export async function report(client: Client, bench: Bench): Promise<ClientReport> {
  const { name, origin } = client
  try {
    const { version, deeds } = await client.bring(bench)
    const outcomes: Outcome[] = []
    for (const { title, run } of deeds)
      outcomes.push(
        await run().then(
          () => ({ title, state: 'works' as const }),
          (error: unknown) => ({ title, state: 'fails' as const, words: wordsOf(error) }),
        ),
      )
    return { name, origin, version, outcomes }
  } catch (error) {
    return { name, origin, version: undefined, absence: wordsOf(error), outcomes: [] }
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).trim()
