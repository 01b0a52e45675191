// One logger for the process: lines that a person reads, or JSON for programs.

import { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { type Logger, pino } from 'pino'
import type { ServerOptions } from './options.ts'

export function createLog({ logFormat, logLevel }: Pick<ServerOptions, 'logFormat' | 'logLevel'>): Logger {
  const settings = { level: logLevel, base: {}, timestamp: pino.stdTimeFunctions.isoTime }
  return logFormat === 'json' ? pino(settings, process.stderr) : pino(settings, new Writable({ write: writeLine }))
}

const levels: Readonly<Record<number, string>> = { 20: 'DEBUG', 30: 'INFO ', 40: 'WARN ', 50: 'ERROR', 60: 'FATAL' }

function writeLine(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
  const { level, time, msg, ...rest } = JSON.parse(chunk.toString()) as { level: number; time: string; msg: string }
  const name = levels[level] ?? String(level)
  const coloured = level >= 40 ? styleText(level >= 50 ? 'red' : 'yellow', name, { stream: process.stderr }) : name
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  process.stderr.write(`${[time.slice(11, 23), coloured, msg, ...fields].join(' ')}\n`)
  done()
}
