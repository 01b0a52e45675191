import { expect, it } from 'vitest'
import { isEstablished, listForwards } from './guest-ports.ts'

/** As QEMU prints it. */
const table = (...states: readonly string[]): string => `Hub -1 (net-default):
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
${states.map((state) => `  TCP[${state}]     27       127.0.0.1 40080       10.0.2.15    80     0     0\n`).join('')}  TCP[HOST_FORWARD]  12       127.0.0.1 40080       10.0.2.15    80     0     0
  TCP[ESTABLISHED]   33       127.0.0.1 40081       10.0.2.15    81     0     0
`

it('a connection is one that the guest has taken only when QEMU says so of the latest through its forward', () => {
  expect(isEstablished(table('ESTABLISHED', 'SYN_SENT'), 40_080)).toBe(true)
  expect(isEstablished(table('SYN_SENT', 'ESTABLISHED'), 40_080)).toBe(false)
  expect(isEstablished(table('TIME_WAIT', 'ESTABLISHED'), 40_080)).toBe(false)
  expect(isEstablished(table(), 40_080)).toBe(false)
  expect(isEstablished(table(), 40_081)).toBe(true)
  expect(isEstablished(table('ESTABLISHED'), undefined)).toBe(false)
})

it('a forward is one that waits for connections', () => {
  expect(listForwards(table())).toEqual([{ hostAddress: '127.0.0.1', hostPort: 40_080 }])
})
