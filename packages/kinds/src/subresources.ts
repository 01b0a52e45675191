// What all actions under subresources.kubevirt.io share. Their codes and messages are KubeVirt's, because clients match on them.

import type { ApiResponse } from '@sheaf/api/client'

export const kubevirtActions = { group: 'subresources.kubevirt.io', versions: ['v1', 'v1alpha3'] } as const

/** Messages name an object in the singular here. */
export const vmSubject = { group: 'kubevirt.io', plural: 'virtualmachine', kind: 'VirtualMachine' }
export const vmiSubject = { group: 'kubevirt.io', plural: 'virtualmachineinstance', kind: 'VirtualMachineInstance' }

/** It will be done. */
export const accepted: ApiResponse = { status: 202, headers: {}, body: '' }
/** It is done. */
export const fulfilled: ApiResponse = { status: 200, headers: {}, body: '' }

export const jsonAnswer = (value: object): ApiResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})
