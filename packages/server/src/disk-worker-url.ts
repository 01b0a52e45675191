// Where the thread lies that works on the disk.

/** Beside this file in the bundle; in its own room when run from source. */
export const diskWorkerUrl = new URL(
  import.meta.url.endsWith('.ts') ? '../../machinery/src/store/disk-worker.ts' : './disk-worker.mjs',
  import.meta.url,
)
