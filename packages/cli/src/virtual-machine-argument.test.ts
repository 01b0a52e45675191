import { describe, expect, it } from 'vitest'
import { CommandError } from './connection.ts'
import { keyFrom } from './virtual-machine-argument.ts'

describe('the name of a virtual machine', () => {
  it.each([
    'demo',
    'vm/demo',
    'vms/demo',
    'virtualmachine/demo',
    'virtualmachines.kubevirt.io/demo',
    'vmi/demo',
    'virtualmachineinstances/demo',
  ])('may be written as %s', (argument) => {
    expect(keyFrom(argument, { namespace: 'other' })).toEqual({ namespace: 'other', name: 'demo' })
  })

  it.each(['', 'Demo', 'pod/demo', 'vm/', 'a/b/c', '../demo', 'demo?x'])('is misuse as %j', (argument) => {
    expect(() => keyFrom(argument, { namespace: 'default' })).toThrow(expect.objectContaining({ exitCode: 2 }))
    expect(() => keyFrom(argument, { namespace: 'default' })).toThrow(CommandError)
  })
})
