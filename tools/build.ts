// Bundles the programs into dist/: one file each for the server, its store worker, the supervisor and the command line.

import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

export async function buildPrograms(outputFolder = join(root, 'dist')): Promise<void> {
  mkdirSync(outputFolder, { recursive: true })
  const shared = {
    absWorkingDir: root,
    outdir: outputFolder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // Node 24 has it. As esbuild spells it out for older ones, in a loop an error of one round is thrown again in the next.
    supported: { using: true },
    sourcemap: true,
    legalComments: 'linked',
  } satisfies BuildOptions
  await build({
    ...shared,
    entryPoints: {
      server: 'packages/server/src/main.ts',
      cli: 'packages/cli/src/main.ts',
      'disk-worker': 'packages/machinery/src/store/disk-worker.ts',
    },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    // CommonJS dependencies call require().
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  })
  // One file that stands alone: it is installed beside the releases and outlives them.
  await build({ ...shared, entryPoints: { supervisor: 'packages/server/src/supervisor/main.ts' } })
}

if (import.meta.main) await buildPrograms()
