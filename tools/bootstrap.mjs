#!/usr/bin/env node
// The first step of every README command. Plain JavaScript that any Node from 18 on can run: installs the locked
// dependencies (among them the Node that Sheaf runs on, an ordinary npm package), then hands over to it.

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const neededMajor = 24
/** Outside node_modules, which `npm ci` takes away before it begins. */
const toolchain = join(root, '.toolchain')
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
  if (majorOf(process.version) < neededMajor) bringNode()
  npmCi([])
  writeFileSync(stamp, lock)
}

/**
 * npm leaves out optional packages that say they do not run on the Node that installs them, the tools' binaries among
 * them. So an older Node installs only the packaged one, which then installs everything.
 */
function bringNode() {
  npmCi(['--omit=dev'])
  const packaged = packagedNode()
  if (packaged === undefined) return
  mkdirSync(toolchain, { recursive: true })
  copyFileSync(packaged, join(toolchain, 'node'))
}

/** By the packaged Node once it is there: the npm that was called, or the one on the path, which then begins with it. */
function npmCi(more) {
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...more]
  const own = join(toolchain, 'node')
  const node = existsSync(own) ? own : process.execPath
  const called = process.env.npm_execpath
  const command = called === undefined ? ['npm', ...args] : [node, called, ...args]
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` }
  const install = spawnSync(command[0], command.slice(1), { cwd: root, stdio: 'inherit', env })
  if (install.error) fail(`npm is needed to install the dependencies: ${install.error.message}`)
  if (install.status !== 0) fail('npm ci did not succeed; its words are above. Run the same command again once that is mended.')
}

function packagedNode() {
  const path = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
  return existsSync(path) ? path : undefined
}

function findNode() {
  if (majorOf(process.version) >= neededMajor) return process.execPath
  const packaged = packagedNode()
  if (packaged !== undefined) return packaged
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
