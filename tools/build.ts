// Bundles the programs into dist/: one file each for the server, its store worker, the supervisor and the command line.

import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

export async function buildPrograms(outputFolder = join(root, 'dist')): Promise<void> {
  mkdirSync(outputFolder, { recursive: true })
  await build({
    absWorkingDir: root,
    entryPoints: {
      server: 'packages/server/src/main.ts',
      cli: 'packages/cli/src/main.ts',
      'disk-worker': 'packages/machinery/src/store/disk-worker.ts',
      supervisor: 'packages/server/src/supervisor/main.ts',
    },
    outdir: outputFolder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // Node 24 has it. As esbuild spells it out for older ones, in a loop an error of one round is thrown again in the next.
    supported: { using: true },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: true,
    legalComments: 'linked',
    // CommonJS dependencies call require().
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  })
}

if (import.meta.main) await buildPrograms()
