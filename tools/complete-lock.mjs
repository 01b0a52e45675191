#!/usr/bin/env node
// Run after `npm install` has changed package-lock.json. A registry that does not carry the binaries of platforms which
// Sheaf does not run on leaves their entries out of the lock file, and `npm ci` then refuses the whole of it. This writes
// them in: name, exact version, and the platform, which is never this one, so that npm has nothing to fetch.

import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const path = join(dirname(dirname(fileURLToPath(import.meta.url))), 'package-lock.json')
const lock = JSON.parse(readFileSync(path, 'utf8'))

const systems = ['android', 'darwin', 'win32', 'freebsd', 'openharmony', 'netbsd', 'openbsd', 'sunos', 'aix', 'linux']

function platformOf(name) {
  const words = name.split('/').at(-1).split('-')
  const os = systems.find((system) => words.includes(system))
  // What names no system runs in any, and what is for our own must come from the registry.
  if (os === undefined || (os === 'linux' && words.includes('x64') && !words.includes('musl'))) return undefined
  const cpu = words[words.indexOf(os) + 1]
  return { os: [os], ...(cpu === undefined ? {} : { cpu: [cpu] }), ...(words.includes('musl') ? { libc: ['musl'] } : {}) }
}

const known = new Set(
  Object.keys(lock.packages).map((each) => each.slice(each.lastIndexOf('node_modules/') + 'node_modules/'.length)),
)
let added = 0
for (const { optionalDependencies = {} } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const platform = platformOf(name)
    if (known.has(name) || platform === undefined) continue
    lock.packages[`node_modules/${name}`] = { version, ...platform, dev: true, optional: true }
    known.add(name)
    added += 1
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added} entries of other platforms written`)
