import { milliOf } from '../../../meta/index.ts'
import { exceedsLimit, mustNotBeNegative, quantityText } from './memory.ts'
import { invalid, notSupported, type SpecRule, when } from './rule.ts'

const featurePolicies: readonly string[] = ['force', 'require', 'optional', 'disable', 'forbid']

export const validateCpu: SpecRule = (path, { domain }) => {
  const { requests, limits } = domain.resources ?? {}
  const requestField = `${path}.domain.resources.requests.cpu`
  const limitField = `${path}.domain.resources.limits.cpu`
  const [request, limit] = [milliOf(requests?.cpu ?? 0) ?? 0, milliOf(limits?.cpu ?? 0) ?? 0]
  const [requestText, limitText] = [quantityText(requests?.cpu), quantityText(limits?.cpu)]
  const isolated = domain.cpu?.isolateEmulatorThread === true && domain.cpu.dedicatedCpuPlacement !== true
  return [
    ...when(request < 0, () => mustNotBeNegative(requestField, requestText)),
    ...when(limit < 0, () => mustNotBeNegative(limitField, limitText)),
    ...when(limit > 0 && request > limit, () => exceedsLimit(requestField, requestText, limitField, limitText)),
    ...when(isolated, () =>
      invalid(
        `${path}.domain.cpu.isolateEmulatorThread`,
        'IsolateEmulatorThread should be only set in combination with DedicatedCPUPlacement',
      ),
    ),
    ...(domain.cpu?.features ?? []).flatMap(({ name, policy }, index) =>
      when(policy !== undefined && policy !== '' && !featurePolicies.includes(policy), () =>
        notSupported(
          `${path}.domain.cpu.features[${index}].policy`,
          `CPU feature ${name} uses policy ${policy} that is not supported.`,
        ),
      ),
    ),
  ]
}

export const validateSockets: SpecRule = (path, { domain }) => {
  const { sockets = 0, maxSockets = 0 } = domain.cpu ?? {}
  return when(sockets !== 0 && maxSockets !== 0 && sockets > maxSockets, () =>
    invalid(`${path}.domain.cpu.sockets`, 'Number of sockets in CPU topology is greater than the maximum sockets allowed'),
  )
}
