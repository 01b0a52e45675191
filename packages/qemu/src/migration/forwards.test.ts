import { expect, it } from 'vitest'
import { heldForwards } from './forwards.ts'

it('reads from QEMU’s table which ports of the host a process holds', () => {
  const table = [
    'VLAN -1 (net-default):',
    '  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ',
    '  TCP[ESTABLISHED]   15       127.0.0.1 40080       10.0.2.15    22     0     0',
    '  TCP[HOST_FORWARD]  13       127.0.0.1 40022       10.0.2.15    22     0     0',
    '  TCP[HOST_FORWARD]  14               * 40023       10.0.2.15    23     0     0',
    '  UDP[HOST_FORWARD]  12       127.0.0.1 40053       10.0.2.15    53     0     0',
  ].join('\r\n')
  expect([...heldForwards(table)]).toEqual(['tcp 127.0.0.1 40022', 'tcp 0.0.0.0 40023', 'udp 127.0.0.1 40053'])
})
