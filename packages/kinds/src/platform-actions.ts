// What clients ask of KubeVirt itself and not of an object: `GET /apis/subresources.kubevirt.io/v1/version`.

import type { ApiResponse } from '@sheaf/api/client'
import { StatusError } from '@sheaf/api/meta'
import type { RequestAction } from '@sheaf/machinery/kind'
import { jsonAnswer, kubevirtActions } from './subresources.ts'

/** The KubeVirt release whose API Sheaf follows; virtctl compares it with its own and reads it as a semantic version. */
const kubevirtVersion = {
  gitVersion: 'v1.9.0',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-11-23T00:00:00Z',
  goVersion: `node${process.versions.node}`,
  compiler: 'v8',
  platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
}

export function platformActions(): RequestAction[] {
  return [
    get('version', () => jsonAnswer(kubevirtVersion)),
    get('healthz', () => jsonAnswer({ apiserver: { connectivity: 'ok' } })),
    get('guestfs', () => {
      throw new StatusError(
        404,
        'NotFound',
        'guestfs needs a container image and a pod to run it in, and there are none here: with the VM stopped, use guestfish or virt-rescue of libguestfs-tools on its image',
      )
    }),
  ]
}

function get(action: string, answer: () => ApiResponse): RequestAction {
  return { ...kubevirtActions, kind: 'request', method: 'GET', action, run: async () => answer() }
}
