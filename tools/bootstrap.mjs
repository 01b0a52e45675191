#!/usr/bin/env node
// The first step of every README command. Plain JavaScript that any Node from 18 on can run: installs the locked
// dependencies (among them the Node that Sheaf runs on, an ordinary npm package), then hands over to it.

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const neededMajor = 24
const tasks = { up: 'tools/up.ts', test: 'tools/check.ts', check: 'tools/check.ts', prepare: 'tools/prepare.ts' }

const majorOf = (version) => Number(version.replace(/^v/, '').split('.')[0])

function fail(message) {
  console.error(`sheaf: ${message}`)
  process.exit(1)
}

/** Installs when the lock file is not the one that was installed last. Quick when it is. */
function installDependencies() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(root, 'node_modules', '.installed-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.log('• installing dependencies (once; a minute or so)')
  const install = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (install.error) fail(`npm is needed to install the dependencies: ${install.error.message}`)
  if (install.status !== 0) fail('npm ci did not succeed; its words are above. Run the same command again once that is mended.')
  writeFileSync(stamp, lock)
}

function findNode() {
  if (majorOf(process.version) >= neededMajor) return process.execPath
  const packaged = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
  if (existsSync(packaged)) return packaged
  return fail(
    `Node ${neededMajor} or newer is needed and there is no packaged one for ${process.platform}-${process.arch}. Install Node ${neededMajor} and run the same command again.`,
  )
}

const [task, ...rest] = process.argv.slice(2)
if (!(task in tasks)) fail(`unknown task ${JSON.stringify(task)}; there are: ${Object.keys(tasks).join(', ')}`)
if (majorOf(process.version) < 18) fail(`Node 18 or newer is needed to begin with; this is ${process.version}.`)

installDependencies()
const node = findNode()
const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, tasks[task]), ...rest], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${dirname(node)}:${join(root, 'node_modules', '.bin')}:${process.env.PATH}` },
})
// The child gets Ctrl-C from the terminal as well; it decides how to end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal === 'SIGINT' || child.kill(signal))
child.on('error', (error) => fail(`cannot start Node at ${String(node)}: ${error.message}`))
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
