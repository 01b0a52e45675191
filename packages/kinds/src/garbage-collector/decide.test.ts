import type { ApiObject, ObjectMeta, OwnerReference } from '@sheaf/api/meta'
import { expect, test } from 'vitest'
import { blocks, decide, type Owner, type OwnerState } from './decide.ts'

const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' }

function object(metadata: ObjectMeta = {}): ApiObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop', ...metadata } }
}

function reference(uid: string, blockOwnerDeletion = true): OwnerReference {
  return { apiVersion: 'v1', kind: 'ConfigMap', name: uid, uid, blockOwnerDeletion }
}

const owners = (...states: OwnerState[]): Owner[] => states.map((state, n) => ({ reference: reference(`u${n}`), state }))
const dependent = object({ name: 'b' })
const waitingDependent = object({ name: 'b', finalizers: ['foregroundDeletion'], ...deleted })

test.each([
  ['belongs to nobody', object(), owners(), { kind: 'none' }],
  ['belongs to somebody', object(), owners('solid', 'solid'), { kind: 'none' }],
  ['lost one of two owners', object(), owners('solid', 'absent'), { kind: 'dropReferences', uids: ['u1'] }],
  ['has one owner that stays and one that waits', object(), owners('waiting', 'solid'), { kind: 'dropReferences', uids: ['u0'] }],
  ['lost all its owners', object(), owners('absent', 'absent'), { kind: 'delete', propagationPolicy: 'Background' }],
  [
    'asks to go after its own',
    object({ finalizers: ['foregroundDeletion'] }),
    owners('absent'),
    { kind: 'delete', propagationPolicy: 'Foreground' },
  ],
  [
    'asks to leave its own behind',
    object({ finalizers: ['orphan'] }),
    owners('absent'),
    { kind: 'delete', propagationPolicy: 'Orphan' },
  ],
  ['is on its way out', object({ finalizers: ['example.com/x'], ...deleted }), owners('absent'), { kind: 'none' }],
  ['goes, and leaves its own behind', object({ finalizers: ['orphan'], ...deleted }), owners(), { kind: 'orphan' }],
  ['goes after its own', object({ finalizers: ['foregroundDeletion'], ...deleted }), owners(), { kind: 'foreground' }],
] as const)('what becomes of an object that %s', (_, subject, its, step) => {
  expect(decide(subject, its, [])).toEqual(step)
})

test('an owner that waits wants the dependents of its dependents gone first too', () => {
  expect(decide(object(), owners('waiting'), [])).toEqual({ kind: 'delete', propagationPolicy: 'Background' })
  expect(decide(object(), owners('waiting'), [dependent])).toEqual({ kind: 'delete', propagationPolicy: 'Foreground' })
})

test('a circle of objects that wait for each other is broken once', () => {
  const inCircle = (blocking: boolean): ApiObject => object({ ownerReferences: [reference('u0', blocking)] })
  expect(decide(inCircle(true), owners('waiting'), [waitingDependent])).toEqual({ kind: 'unblockOwners' })
  const step = { kind: 'delete', propagationPolicy: 'Foreground' }
  expect(decide(inCircle(false), owners('waiting'), [waitingDependent])).toEqual(step)
})

test('only a dependent that says so is waited for', () => {
  expect(blocks(object({ ownerReferences: [reference('u', true)] }), 'u')).toBe(true)
  expect(blocks(object({ ownerReferences: [reference('u', false)] }), 'u')).toBe(false)
  expect(blocks(object({ ownerReferences: [reference('other', true)] }), 'u')).toBe(false)
})
