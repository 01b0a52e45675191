import { expect, it } from 'vitest'
import { isEstablished, listForwards } from './guest-ports.ts'

/** As QEMU prints it, with connections in both directions. */
const table = `Hub -1 (default):
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
  TCP[ESTABLISHED]   32       127.0.0.1 40080        10.0.2.2 51234     0     0
  TCP[SYN_SENT]      33       127.0.0.1 40080        10.0.2.2 51235     0     0
  TCP[HOST_FORWARD]  12       127.0.0.1 40080       10.0.2.15    80     0     0
`

it('a connection is one that the guest has taken only when QEMU says so', () => {
  expect(isEstablished(table, 51234)).toBe(true)
  expect(isEstablished(table, 51235)).toBe(false)
  expect(isEstablished(table, 40080)).toBe(false)
  expect(isEstablished(table, undefined)).toBe(false)
})

it('a forward is one that waits for connections', () => {
  expect(listForwards(table)).toEqual([{ hostAddress: '127.0.0.1', hostPort: 40_080 }])
})
