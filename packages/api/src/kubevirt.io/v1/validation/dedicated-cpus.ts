// What must be said with CPUs that a guest has for itself. Whether a machine can give them is another question.

import { bytesOf, type FieldError, milliOf } from '../../../meta/index.ts'
import type { Domain } from '../virtual-machine-instance-spec.ts'
import { invalid, type SpecRule, when } from './rule.ts'

/** A core of today has no more. */
const maxThreads = 2

export const validateDedicatedCpus: SpecRule = (path, { domain }) => [
  ...(domain.cpu?.dedicatedCpuPlacement === true ? validatePinning(`${path}.domain`, domain) : []),
  ...validateNuma(`${path}.domain`, domain),
]

function validatePinning(at: string, { cpu, memory: { guest, hugepages } = {}, resources }: Domain): FieldError[] {
  const { requests, limits } = resources ?? {}
  const milli = { request: milliOf(requests?.cpu ?? 0) ?? 0, limit: milliOf(limits?.cpu ?? 0) ?? 0 }
  // What the guest gets is requested when nothing else is.
  const memory = {
    request: bytesOf(requests?.memory ?? guest ?? hugepages?.pageSize ?? 0) ?? 0,
    limit: bytesOf(limits?.memory ?? 0) ?? 0,
  }
  const processors = Math.max(1, cpu?.sockets ?? 0) * Math.max(1, cpu?.cores ?? 0) * Math.max(1, cpu?.threads ?? 0)
  const isGiven = [cpu?.sockets, cpu?.cores, cpu?.threads].some((count) => (count ?? 0) > 0)
  const [request, limit, cores] = [`${at}.resources.requests.cpu`, `${at}.resources.limits.cpu`, `${at}.cpu.cores`]
  const field = `${at}.cpu.dedicatedCpuPlacement`
  const threads = cpu?.threads ?? 0
  return [
    ...when(memory.limit === 0 && memory.request === 0, () =>
      invalid(
        `${at}.resources.limits.memory`,
        `${at}.resources.requests.memory or ${at}.resources.limits.memory should be provided`,
      ),
    ),
    // The misspelling is KubeVirt's own.
    ...when(milli.request % 1000 !== 0, () => invalid(request, 'provided resources CPU requests must be an interger')),
    ...when(milli.limit % 1000 !== 0, () => invalid(limit, 'provided resources CPU limits must be an interger')),
    ...when(memory.request > 0 && memory.limit > 0 && memory.request !== memory.limit, () =>
      invalid(
        `${at}.resources.requests.memory`,
        `${at}.resources.requests.memory must be equal to ${at}.resources.limits.memory`,
      ),
    ),
    ...when(milli.request === 0 && milli.limit === 0 && !isGiven, () =>
      invalid(field, `either ${request} or ${limit} or ${cores} must be provided when DedicatedCPUPlacement is true `),
    ),
    ...when(milli.request > 0 && milli.limit > 0 && milli.request !== milli.limit, () =>
      invalid(field, `${request} or ${limit} must be equal when DedicatedCPUPlacement is true `),
    ),
    ...when(
      (milli.request > 0 || milli.limit > 0) &&
        isGiven &&
        Math.ceil(milli.request / 1000) !== processors &&
        Math.ceil(milli.limit / 1000) !== processors,
      () =>
        invalid(
          field,
          `${request} or ${limit} must not be provided at the same time with ${cores} when DedicatedCPUPlacement is true `,
        ),
    ),
    ...when(threads > maxThreads, () =>
      invalid(
        field,
        `Not more than two threads must be provided at ${at}.cpu.threads (got ${threads}) when DedicatedCPUPlacement is true`,
      ),
    ),
  ]
}

function validateNuma(at: string, { cpu, memory }: Domain): FieldError[] {
  if (cpu?.numa?.guestMappingPassthrough === undefined) return []
  const field = `${at}.cpu.numa.guestMappingPassthrough`
  return [
    ...when(cpu.dedicatedCpuPlacement !== true, () =>
      invalid(field, `${at}.cpu.dedicatedCpuPlacement must be set to true when NUMA topology strategy is set in ${field}`),
    ),
    ...when(memory?.hugepages === undefined, () =>
      invalid(field, `${at}.memory.hugepages must be requested when NUMA topology strategy is set in ${field}`),
    ),
  ]
}
