// `<prefix>/bin/sheaf`: a few lines of shell that no release brings, so that an upgrade needs not touch them.

import { readFileSync } from 'node:fs'
import { programPath } from './layout.ts'

export interface Settings {
  dataFolder: string
  port: number
}

export const prefixProgramText = ({ dataFolder, port }: Settings): string => `#!/bin/sh
# Runs the release of Sheaf that is current here. Made by: sheaf install
prefix=$(dirname "$(dirname "$(readlink -f "$0")")")
SHEAF_DATA=\${SHEAF_DATA:-${quoted(dataFolder)}}
SHEAF_PORT=\${SHEAF_PORT:-${port}}
export SHEAF_DATA SHEAF_PORT
if [ "$1" = supervise ] && [ "$2" != --help ] && [ "$2" != -h ]; then
  shift
  exec "$prefix/supervisor/node" "$prefix/supervisor/supervisor.mjs" "$prefix" "$@"
fi
current=$(sed -n 's/^ *"current": *"\\([^"]*\\)".*/\\1/p' "$prefix/slots.json")
if [ ! -x "$prefix/releases/$current/bin/sheaf" ]; then
  echo "sheaf: the release \\"$current\\" is missing in $prefix; install one again, with the same prefix: sheaf install" >&2
  exit 1
fi
SHEAF_PREFIX=$prefix exec "$prefix/releases/$current/bin/sheaf" "$@"
`

/** Undefined when nothing is installed there. */
export function readSettings(prefix: string): Settings | undefined {
  try {
    const text = readFileSync(programPath(prefix), 'utf8')
    const [, dataFolder] = /^SHEAF_DATA=\$\{SHEAF_DATA:-'(.*)'\}$/m.exec(text) ?? []
    const [, port] = /^SHEAF_PORT=\$\{SHEAF_PORT:-(\d+)\}$/m.exec(text) ?? []
    if (dataFolder === undefined || port === undefined) return undefined
    return { dataFolder: dataFolder.replaceAll(`'\\''`, `'`), port: Number(port) }
  } catch {
    return undefined
  }
}

const quoted = (text: string): string => `'${text.replaceAll(`'`, `'\\''`)}'`
