// What can be asked of the images themselves: which there are, that one be pulled now, that one be let go.

import { badRequest, conflict, isJsonObject, StatusError } from '@sheaf/api/meta'
import type { ActionCall, RequestAction } from '@sheaf/machinery/kind'
import { givenPaths, isInUse, type KeptImage, type Machine, parseReference, referenceText } from '@sheaf/qemu'
import type { MachinePorts } from './ports.ts'
import { jsonAnswer } from './subresources.ts'

/** What KubeVirt has no path for. */
const ours = { group: 'subresources.sheaf.io', versions: ['v1'], kind: 'request' } as const
const subject = { group: 'subresources.sheaf.io', plural: 'images', kind: 'Image' }

type Ports = Pick<MachinePorts, 'images' | 'hypervisor' | 'clock'>

export function imageActions({ images, hypervisor, clock }: Ports): RequestAction[] {
  return [
    {
      ...ours,
      method: 'GET',
      action: 'images',
      async run() {
        const machines = await hypervisor.list()
        return jsonAnswer({ items: (await images.list()).map((image) => listed(image, machines)) })
      },
    },
    {
      ...ours,
      method: 'PUT',
      action: 'images/pull',
      /** Asked again with the `since` that it answered, it tells how far that pull is. */
      async run(call) {
        const { reference, since } = bodyOf(call)
        if (since === undefined) images.forgive(reference)
        const freshSinceMs = since ?? clock.now()
        const sight = await images.look({ reference, policy: 'always', freshSinceMs, logins: async () => [] })
        if (sight.kind === 'notLocal')
          throw new StatusError(404, 'NotFound', `"${reference}" is a name of this machine's own: put it into ${images.folder}`)
        if (sight.kind === 'misnamed') throw badRequest(sight.message)
        return jsonAnswer({ since: freshSinceMs, ...sight })
      },
    },
    {
      ...ours,
      method: 'PUT',
      action: 'images/remove',
      async run(call) {
        const { reference: given } = bodyOf(call)
        const reference = canonical(given)
        const image = (await images.list()).find(({ references, digest }) => [...references, digest].includes(reference))
        if (image === undefined)
          throw new StatusError(404, 'NotFound', `no pulled image is called "${reference}"; GET images lists them all`)
        const machines = await hypervisor.list()
        const users = usersOf(image, machines)
        if (users.length > 0) throw conflict(subject, reference, `its disk is in use by ${users.join(', ')}: stop them first`)
        await images.forget(reference, machines.flatMap(filesOf))
        return jsonAnswer({ removed: reference })
      },
    },
  ]
}

function bodyOf({ body }: ActionCall): { reference: string; since: number | undefined } {
  const { reference, since } = isJsonObject(body) ? body : {}
  if (typeof reference !== 'string' || reference === '')
    throw badRequest('the body must name the image, as {"reference": "quay.io/containerdisks/fedora:41"}')
  return { reference, since: typeof since === 'number' ? since : undefined }
}

/** As it is listed: people leave out what is usual. A digest alone names an image as well. */
function canonical(text: string): string {
  try {
    return text.startsWith('sha256:') ? text : referenceText(parseReference(text))
  } catch {
    // Nothing is called so.
    return text
  }
}

function listed(image: KeptImage, machines: readonly Machine[]): object {
  const { references, digest, packedBytes, pulledAtMs } = image
  const pulledAt = new Date(pulledAtMs).toISOString()
  return { references, digest, sizeBytes: packedBytes, pulledAt, usedBy: usersOf(image, machines) }
}

/** Machines are named for their namespace and name. */
function usersOf(image: KeptImage, machines: readonly Machine[]): string[] {
  return machines.filter((machine) => isInUse(image, filesOf(machine))).map(({ plan }) => plan.name.replace('_', '/'))
}

const filesOf = ({ plan }: Machine): string[] => givenPaths(plan)
