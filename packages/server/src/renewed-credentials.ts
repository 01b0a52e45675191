// The credentials while a server runs: what is about to end is renewed in time, and whoever shows it to clients is told.

import { X509Certificate } from 'node:crypto'
import type { Clock, Timer } from '@sheaf/api/meta'
import { errorChain, type Log } from '@sheaf/machinery/controller'
import { canServe, type Credentials, ensureCredentials, readCredentials } from './credentials.ts'

export interface RenewedCredentials {
  readonly now: Credentials
  /** When the server's certificate and its authority end. */
  ends(): { certificateEndsMs: number; authorityEndsMs: number }
  /** Renews what ends within the time, and tells it. Throws when that cannot be done; what there was goes on. */
  renew(withinMs: number): Promise<void>
  /** `show` gets what is now, and what is to be shown from then on; what it could not do it is asked to do again. */
  showTo(show: (credentials: Credentials) => void): void
  close(): void
}

export interface RenewalOptions {
  folder: string
  /** IP addresses and host names, beside this machine's loopback, under which clients reach the server. */
  addresses?: readonly string[]
  clock: Clock
  log: Log
}

/** A look costs nothing, and a clock that was set, forward or back, is noticed within the hour. */
const lookEveryMs = 3600 * 1000

/** At a start nothing keeps the server from serving with what it has: an old certificate is better than no server. */
export async function openCredentials({ folder, addresses = [], clock, log }: RenewalOptions): Promise<RenewedCredentials> {
  let timer: Timer | undefined
  let trouble = ''
  let show: (credentials: Credentials) => void = () => {}
  let shown: Credentials | undefined
  let now = await ensureCredentials(folder, clock.now(), { addresses }).catch((error: unknown) => {
    if (!canServe(folder)) throw error
    tell(error)
    return readCredentials(folder)
  })

  async function renew(withinMs?: number): Promise<void> {
    const before = now
    now = await ensureCredentials(folder, clock.now(), { addresses, withinMs })
    if (now.certificatePem !== before.certificatePem)
      log.info({ until: new X509Certificate(now.certificatePem).validTo }, "the server's certificate was renewed")
    if (!isSameAuthority(now, before))
      log.warn({}, 'the certificate authority is another one: whoever has a copy of the kubeconfig needs it anew')
    if (now.certificatePem === shown?.certificatePem && now.authorityPem === shown.authorityPem) return
    show(now)
    shown = now
  }

  /** Once, until it is another one: a disk that is full is full for days. */
  function tell(error: unknown): void {
    const text = errorChain(error)
    if (text !== trouble) log.error({ error: text }, 'certificates cannot be renewed; it is tried again every hour')
    trouble = text
  }

  async function look(): Promise<void> {
    try {
      await renew()
      trouble = ''
    } catch (error) {
      tell(error)
    }
    if (timer !== undefined) lookLater()
  }

  function lookLater(): void {
    timer = clock.after(lookEveryMs, () => void look())
  }

  lookLater()
  return {
    get now() {
      return now
    },
    ends: () => ({ certificateEndsMs: endOf(now.certificatePem), authorityEndsMs: endOf(now.authorityPem) }),
    renew,
    showTo(given) {
      show = given
      show(now)
      shown = now
    },
    close() {
      timer?.cancel()
      timer = undefined
    },
  }
}

/** By its key: issued anew with the same one, it is believed by whoever knows the one before. */
function isSameAuthority(...both: [Credentials, Credentials]): boolean {
  const [key, other] = both.map(({ authorityPem }) => new X509Certificate(authorityPem).publicKey)
  return key !== undefined && other?.equals(key) === true
}

const endOf = (pem: string): number => Date.parse(new X509Certificate(pem).validTo)
