// The main thread's side of the disk: sends a request, and settles it when the worker answers.

import { Worker } from 'node:worker_threads'
import type { WorkerReply, WorkerRequest } from './disk-worker.ts'
import type { Journal } from './revisioned-store.ts'
import { type StoreEvent, StoreFailed, StoreFull } from './store.ts'

export class WorkerJournal implements Journal {
  readonly #path: string
  readonly #worker: Worker
  /** Requests without an answer yet; the worker answers in order. */
  readonly #unanswered: PromiseWithResolvers<void>[] = []
  #failure: StoreFailed | undefined

  /** Starts the thread; it touches no file before `open`. */
  constructor(path: string, workerUrl: URL) {
    this.#path = path
    this.#worker = new Worker(workerUrl)
    this.#worker.on('message', (reply: WorkerReply) => this.#settle(reply))
    this.#worker.on('error', (cause) => this.#fail(cause))
    this.#worker.on('exit', (code) => this.#fail(new Error(`the thread that writes ended with code ${code}`)))
  }

  open(): Promise<void> {
    return this.#request({ kind: 'open', path: this.#path })
  }

  append(events: readonly StoreEvent[]): Promise<void> {
    const rows = events.map(({ key, revision, after }) => ({
      key,
      revision,
      createRevision: after?.createRevision ?? 0,
      text: after?.text ?? null,
    }))
    return this.#request({ kind: 'append', rows })
  }

  compact(revision: number): Promise<void> {
    return this.#request({ kind: 'compact', revision })
  }

  async close(): Promise<void> {
    if (!this.#failure) await this.#request({ kind: 'close' })
    await this.#worker.terminate()
  }

  async #request(request: WorkerRequest): Promise<void> {
    if (this.#failure) throw this.#failure
    const answer = Promise.withResolvers<void>()
    this.#unanswered.push(answer)
    this.#worker.postMessage(request)
    return answer.promise
  }

  #settle(reply: WorkerReply): void {
    if (reply.kind === 'failed') return this.#fail(reply.cause)
    const answer = this.#unanswered.shift()
    if (reply.kind === 'full') answer?.reject(new StoreFull(this.#path, { cause: reply.cause }))
    else answer?.resolve()
  }

  /** After an unknown failure the file may or may not hold the last batch, so nothing may build on it. */
  #fail(cause: unknown): void {
    this.#failure ??= new StoreFailed(this.#path, { cause })
    for (const answer of this.#unanswered.splice(0)) answer.reject(this.#failure)
  }
}
