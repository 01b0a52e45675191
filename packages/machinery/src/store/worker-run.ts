// One request to the thread that works on the disk, which lives as long as that.

import { Worker } from 'node:worker_threads'
import type { WorkerReply, WorkerRequest } from './disk-worker.ts'

type OneRequest = Extract<WorkerRequest, { kind: 'copy' | 'check' }>

export async function runInWorker(
  url: URL = new URL('./disk-worker.ts', import.meta.url),
  request: OneRequest,
): Promise<WorkerReply> {
  const worker = new Worker(url)
  try {
    return await new Promise<WorkerReply>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.once('exit', (code) => reject(new Error(`the thread that is to ${request.kind} ended with code ${code}`)))
      worker.postMessage(request)
    })
  } finally {
    await worker.terminate()
  }
}
