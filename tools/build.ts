// Bundles the programs into dist/: one file each for the server, its store worker, the supervisor and the command line.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions, type Plugin } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * An import of `node:http` reads each of its exports, the WebSocket among them that Node's own fetch brings along: tens of
 * milliseconds and 14 MB in each process for what none of ours uses. A require reads what is asked for.
 */
const httpWithoutFetch: Plugin = {
  name: 'http-without-fetch',
  setup(bundle) {
    bundle.onResolve({ filter: /^node:http$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'required' } : { path, external: true },
    )
    bundle.onLoad({ filter: /./, namespace: 'required' }, ({ path }) => ({ contents: `module.exports = require('${path}')` }))
  },
}

/** One letter beyond ASCII in a file (esbuild leaves those in regular expressions) makes V8 keep all of it in twice the memory. */
const inAscii = (code: string): string =>
  code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

export async function buildPrograms(outputFolder = join(root, 'dist')): Promise<void> {
  mkdirSync(join(outputFolder, 'chunks'), { recursive: true })
  const shared = {
    absWorkingDir: root,
    outdir: outputFolder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // Node 24 has it. As esbuild spells it out for older ones, in a loop an error of one round is thrown again in the next.
    supported: { using: true },
    sourcemap: true,
    legalComments: 'linked',
  } satisfies BuildOptions
  const programs = await build({
    ...shared,
    plugins: [httpWithoutFetch],
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
  const alone = await build({ ...shared, entryPoints: { supervisor: 'packages/server/src/supervisor/main.ts' } })
  for (const { path, text } of [...programs.outputFiles, ...alone.outputFiles])
    writeFileSync(path, path.endsWith('.mjs') ? inAscii(text) : text)
}

if (import.meta.main) await buildPrograms()
