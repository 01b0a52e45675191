import { describe, expect, it } from 'vitest'
import { tryPort } from './host-ports.ts'
import { LaunchRefused } from './hypervisor.ts'

describe('a port that cannot be listened on', () => {
  it.each(['tcp', 'udp'] as const)(
    'is refused when the %s address is not of this host: waiting would not help',
    async (protocol) => {
      const refused = await tryPort({ protocol, hostAddress: '192.0.2.1' }, 0).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(LaunchRefused)
      expect(refused).toMatchObject({ reason: 'PortInUse', message: expect.stringContaining('192.0.2.1') })
    },
  )

  it('is refused when it is no address at all', async () => {
    await expect(tryPort({ protocol: 'tcp', hostAddress: '999.0.0.1' }, 0)).rejects.toThrow(LaunchRefused)
  })
})
