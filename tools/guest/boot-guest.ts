// Boots the guest in a plain QEMU, for the guest's own tests: nothing of ours stands between the test and the guest.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { guestKernelArguments } from './kernel-arguments.ts'

export interface BootedGuest {
  bootId: string
  /** What QEMU said on QMP, in its order. */
  events: readonly { event: string; data?: unknown }[]
  /** Resolves with QEMU's exit code (null when a signal ended it) once all that it said has been read. */
  exited: Promise<number | null>
  get(path: string): Promise<string>
  execute(command: string): void
  type(text: string): void
  consoleText(): string
  kill(): Promise<void>
}

const readyMarker = /sheaf-guest ready: \S+ boot (\S{36})/
const requestTimeoutMs = 5_000
const pollMs = 20

/** Resolves when the guest has said that it is ready; rejects when QEMU ends before that. */
export async function bootGuest(where: { imageFolder: string; socketFolder: string }): Promise<BootedGuest> {
  const port = await freePort()
  const [qmpPath, serialPath] = [join(where.socketFolder, 'qmp'), join(where.socketFolder, 'serial')]
  const qemu = spawn('qemu-system-x86_64', qemuArguments(where.imageFolder, { port, qmpPath, serialPath }), {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  let ended = false
  const processEnded = new Promise<number | null>((resolve, reject) => {
    qemu.once('error', reject)
    qemu.once('exit', resolve)
  }).finally(() => (ended = true))
  const kill = async () => {
    qemu.kill('SIGKILL')
    await processEnded
  }

  try {
    let text = ''
    const serial = await connectWhenThere(serialPath, () => ended)
    serial.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    const qmp = await connectWhenThere(qmpPath, () => ended)
    const { events, allRead } = readEvents(qmp)
    const execute = (command: string) => void qmp.write(`${JSON.stringify({ execute: command })}\n`)
    execute('qmp_capabilities')
    while (!readyMarker.test(text)) {
      if (ended) throw new Error(`QEMU ended before the guest was ready; its console said: ${text}`)
      await delay(pollMs)
    }
    return {
      bootId: readyMarker.exec(text)?.[1] ?? '',
      events,
      exited: Promise.all([processEnded, allRead]).then(([code]) => code),
      get: async (path) => {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(requestTimeoutMs) })
        return (await response.text()).trimEnd()
      },
      execute,
      type: (typed) => void serial.write(typed),
      consoleText: () => text,
      kill,
    }
  } catch (error) {
    await kill()
    throw error
  }
}

function qemuArguments(
  imageFolder: string,
  { port, qmpPath, serialPath }: { port: number; qmpPath: string; serialPath: string },
): string[] {
  const machine = '-nodefaults -no-user-config -display none -machine q35 -accel tcg,tb-size=64 -cpu max -m 128 -device pvpanic'
  const network = `-netdev user,id=net,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:${port}-:80 -device virtio-net-pci,netdev=net`
  return [
    ...`${machine} ${network}`.split(' '),
    '-kernel',
    join(imageFolder, 'boot/vmlinuz'),
    '-initrd',
    join(imageFolder, 'boot/initramfs'),
    '-append',
    guestKernelArguments,
    '-chardev',
    `socket,id=serial,path=${serialPath},server=on,wait=off`,
    '-serial',
    'chardev:serial',
    '-qmp',
    `unix:${qmpPath},server=on,wait=off`,
  ]
}

function readEvents(qmp: Socket): { events: { event: string; data?: unknown }[]; allRead: Promise<unknown> } {
  const events: { event: string; data?: unknown }[] = []
  const lines = createInterface({ input: qmp })
  lines.on('line', (line) => {
    const message: unknown = JSON.parse(line)
    if (typeof message !== 'object' || message === null || !('event' in message)) return
    events.push({ event: String(message.event), ...('data' in message ? { data: message.data } : {}) })
  })
  return { events, allRead: once(lines, 'close') }
}

async function connectWhenThere(path: string, isTooLate: () => boolean): Promise<Socket> {
  for (;;) {
    const socket = connect(path)
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    if (connected) return socket
    if (isTooLate()) throw new Error(`QEMU ended before it opened ${path}`)
    await delay(pollMs)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port')
  return address.port
}
