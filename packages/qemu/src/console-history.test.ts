import { describe, expect, it } from 'vitest'
import { consoleHistoryBytes, joinHistory } from './console-history.ts'

const join = (log: string, fresh: number, live: string): string =>
  joinHistory(Buffer.from(log), fresh, Buffer.from(live)).toString('utf8')

describe('the history of a console', () => {
  it('comes before what is live', () => {
    expect(join('booting\n', 0, 'login: ')).toBe('booting\nlogin: ')
    expect(join('', 0, '')).toBe('')
  })

  it('shows once what was printed while the viewer connected, whether it was heard or not', () => {
    expect(join('boot 123', 3, '123 and on')).toBe('boot 123 and on')
    expect(join('boot 123', 3, '3 and on')).toBe('boot 123 and on')
    expect(join('boot 123', 3, ' and on')).toBe('boot 123 and on')
  })

  it('finds the seam although the log has doubled what a slow viewer made QEMU send twice', () => {
    const lines = Array.from({ length: 20 }, (_, number) => `line ${number}\n`).join('')
    const logged = lines.replace('line 15', 'linne 15')
    expect(join(`boot\n${logged}`, logged.length + 3, `${lines}and on`)).toBe(`boot\n${lines}and on`)
  })

  it('does not take for the same what only looks like it and was printed before', () => {
    expect(join('>', 0, '>')).toBe('>>')
    expect(join('aaaa', 1, 'aa')).toBe('aaaaa')
    expect(join('line 1\nline 2\n', 14, 'line')).toBe('line 1\nline 2\nline')
  })

  it('begins with a whole line when there is more than it holds', () => {
    const log = Buffer.concat([Buffer.from('half a line\nwhole\n'), Buffer.alloc(consoleHistoryBytes, 'x')])
    expect(joinHistory(log, 0, Buffer.alloc(0)).toString()).toMatch(/^whole\nx/)
  })

  it.each([
    ['where the cursor is', '\x1b[6n'],
    ['whether it is well', '\x1b[5n'],
    ['what it is', '\x1b[c\x1b[>0c\x1bZ'],
    ['how large it is', '\x1b[18t'],
    ['which colours it has', '\x1b]11;?\x07\x1b]4;1;?\x1b\\'],
    ['what it can do', '\x1bP+q544e\x1b\\\x1b[?2026$p'],
  ])('does not ask the terminal again %s', (_, question) => {
    expect(join(`a${question}b`, 0, '')).toBe('ab')
    expect(join('', 0, question)).toBe(question)
  })

  it('keeps colours, movements and characters of every language', () => {
    const text = '\x1b[1;32m größe \x1b[0m\x1b[2J\x1b[3;4H\x1b[?25h'
    expect(join(text, 0, '')).toBe(text)
  })
})
