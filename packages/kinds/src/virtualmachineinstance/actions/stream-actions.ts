// console, vnc, portforward and their kin: bytes both ways between a client and the machine.

import type { Duplex } from 'node:stream'
import { type VirtualMachine, virtualMachineDefinition } from '@sheaf/api'
import { badRequest, conflict, isNotFound, notFound, StatusError } from '@sheaf/api/meta'
import type { Action, ActionCall, StreamAction } from '@sheaf/machinery/kind'
import { ConsoleBusy, DisplayBusy, NotRunning } from '@sheaf/qemu'
import type { MachinePorts } from '../../ports.ts'
import { vmSubject } from '../../subresources.ts'
import { inConflict, instanceAction, instanceActions, type Target, targetOf } from './action-target.ts'

type Connect = (call: ActionCall, target: Target) => Promise<Duplex>

export function streamActions(ports: MachinePorts): Action[] {
  const stream = (action: string, connect: Connect): StreamAction => ({
    ...instanceActions,
    kind: 'stream',
    action,
    connect: async (call) => connected(call, () => targetOf(call, ports).then((target) => connect(call, target))),
  })
  const { hypervisor } = ports
  return [
    stream('console', (call, target) => {
      assertConsole(call, target)
      return hypervisor.openSerial(target.id)
    }),
    stream('vnc', (call, target) => {
      assertDisplay(target)
      return hypervisor.openDisplay(target.id, { sparesOther: call.query.get('preserveSession') === 'true' })
    }),
    instanceAction('GET', 'vnc/screenshot', async (call) => {
      const target = await targetOf(call, ports)
      assertDisplay(target)
      const body = await hypervisor.screenshot(target.id, { movesPointer: call.query.get('moveCursor') === 'true' })
      return { status: 200, headers: { 'content-type': 'image/png' }, body }
    }),
    stream('usbredir', (call) => Promise.reject(inConflict(call, 'Not configured with USB Redirection'))),
    stream('vsock', () => Promise.reject(badRequest('VSOCK is not attached.'))),
    ...['portforward/{port}', 'portforward/{port}/{protocol}'].flatMap((action) => [
      stream(action, (call, target) => forward(call, target, ports)),
      { ...stream(action, (call, target) => forward(call, target, ports)), ...ofVirtualMachine(ports) },
    ]),
  ]
}

function assertConsole(call: ActionCall, { instance, running }: Target): void {
  if (instance.spec.domain.devices.autoattachSerialConsole === false) throw badRequest('No serial consoles are present.')
  if (instance.status?.phase === 'Failed') throw inConflict(call, 'VMI is in failed status')
  if (running === undefined) throw badRequest('VMI is not running')
}

function assertDisplay({ instance, running }: Target): void {
  if (instance.spec.domain.devices.autoattachGraphicsDevice === false) throw badRequest('No graphics devices are present.')
  if (running === undefined) throw badRequest('VMI is not running')
}

function forward({ parameters, ...call }: ActionCall, { instance, id, running }: Target, ports: MachinePorts): Promise<Duplex> {
  const port = portIn(parameters['port'] ?? '')
  assertTcp(parameters['protocol'] ?? 'tcp', port)
  if (running === undefined) throw badRequest('VMI is not running')
  if (running.paused) throw inConflict({ ...call, parameters }, 'VMI is paused')
  if ((instance.spec.domain.devices.interfaces ?? []).length === 0) throw badRequest('no network interfaces are present')
  return ports.hypervisor.openPort(id, port).catch((error: unknown) => {
    if (error instanceof NotRunning) throw error
    throw new StatusError(500, 'InternalError', `dialing VM: ${error instanceof Error ? error.message : String(error)}`)
  })
}

function portIn(text: string): number {
  if (text === '') throw badRequest('port must not be empty')
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port
  throw badRequest(`port must be a number from 1 to 65535, not ${JSON.stringify(text)}`)
}

function assertTcp(protocol: string, port: number): void {
  if (protocol === 'tcp') return
  throw badRequest(
    protocol === 'udp'
      ? `only TCP can be forwarded to a running guest: declare port ${port} with protocol UDP on the interface in spec.template.spec, and it is forwarded from the start`
      : `protocol must be tcp, not ${JSON.stringify(protocol)}`,
  )
}

/** The same by the name of the virtual machine, whose instance has the same name. */
function ofVirtualMachine(ports: MachinePorts): Pick<StreamAction, 'plural' | 'connect'> {
  return {
    plural: virtualMachineDefinition.plural,
    connect: (call) =>
      connected(call, async () => {
        const key = { namespace: call.namespace, name: call.name }
        if ((await ports.client.resource<VirtualMachine>(virtualMachineDefinition).find(key)) === undefined)
          throw notFound(vmSubject, call.name)
        const target = await targetOf(call, ports).catch((error: unknown) => {
          throw isNotFound(error) ? conflict(vmSubject, call.name, 'VMI is not started') : error
        })
        return forward(call, target, ports)
      }),
  }
}

/** Says what the hypervisor refuses as KubeVirt's clients know it. */
async function connected(call: ActionCall, connect: () => Promise<Duplex>): Promise<Duplex> {
  try {
    return await connect()
  } catch (error) {
    if (error instanceof NotRunning) throw badRequest('VMI is not running')
    if (error instanceof DisplayBusy) throw new StatusError(503, 'ServiceUnavailable', 'Active VNC connection. Request denied.')
    if (error instanceof ConsoleBusy)
      throw inConflict(call, `${error.message}; end that program, or read the output with: sheaf logs ${call.name}`)
    throw error
  }
}
