import { describe, expect, it } from 'vitest'
import type { QmpEvent, RunState } from './qmp/protocol.ts'
import { judge, type Sighting } from './verdict.ts'

const said = (name: string, data: Record<string, unknown> = {}): QmpEvent => ({ name, data, at: new Date(0) })
const guestSaid = (reason: string): QmpEvent => said('SHUTDOWN', { guest: true, reason })
const hostSaid = (reason: string): QmpEvent => said('SHUTDOWN', { guest: false, reason })

const alive = (runState: RunState | undefined, changes: Partial<Sighting> = {}): Sighting => ({
  process: { kind: 'alive', runState },
  events: [],
  killIntended: false,
  started: true,
  ...changes,
})
const gone = (changes: Partial<Sighting> = {}): Sighting => ({ ...alive(undefined, changes), process: { kind: 'gone' } })

const running = { kind: 'running', paused: false }
const paused = { kind: 'running', paused: true }
const ended = (cause: string) => ({ kind: 'ended', cause })

describe('the verdict on a machine', () => {
  it.each<[string, Sighting, object]>([
    ['that runs', alive('running'), running],
    ['that has not answered yet', alive(undefined), running],
    ['that was paused', alive('paused'), paused],
    ['that stopped because its disk is full', alive('io-error'), paused],
    ['in a state that a later QEMU invented', alive('other'), paused],
    ['that started paused', alive('prelaunch'), paused],
    ['whose process is there and whose start is not on record', alive('prelaunch', { started: false }), { kind: 'prepared' }],
    ['that never started', gone({ started: false }), { kind: 'prepared' }],
    ['that never started and was killed', gone({ started: false, killIntended: true }), ended('killed')],
    ['whose guest shut down', alive('shutdown', { events: [guestSaid('guest-shutdown')] }), ended('guest-shutdown')],
    ['that shut down unheard', alive('shutdown'), ended('guest-shutdown')],
    ['whose reboot ends it', alive('shutdown', { events: [guestSaid('guest-reset')] }), ended('guest-reset')],
    ['that shuts down because of a signal', alive('shutdown', { events: [hostSaid('host-signal')] }), ended('crashed')],
    ['whose guest panicked', alive('guest-panicked'), ended('guest-panic')],
    ['whose processor QEMU lost', alive('internal-error'), ended('crashed')],
    ['that is gone without a word', gone(), ended('crashed')],
    ['that is gone after a signal', gone({ events: [hostSaid('host-signal')] }), ended('crashed')],
    ['that is gone as asked', gone({ events: [hostSaid('host-qmp-quit')], killIntended: true }), ended('killed')],
    [
      'whose guest shut down before its process went',
      gone({ events: [guestSaid('guest-shutdown'), hostSaid('host-qmp-quit')] }),
      ended('guest-shutdown'),
    ],
    [
      'whose guest shut down before it was killed',
      gone({ events: [guestSaid('guest-shutdown')], killIntended: true }),
      ended('guest-shutdown'),
    ],
    [
      'whose guest panicked before its process went',
      gone({ events: [said('GUEST_PANICKED'), hostSaid('host-signal')] }),
      ended('guest-panic'),
    ],
    [
      'whose guest rebooted before its process was lost',
      gone({ events: [said('RESET', { guest: true, reason: 'guest-reset' })] }),
      ended('crashed'),
    ],
  ])('%s', (_, sighting, verdict) => {
    expect(judge(sighting)).toEqual(verdict)
  })
})
