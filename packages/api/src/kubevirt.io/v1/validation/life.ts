// How a machine is named, started and moved away.

import { dnsLabelFinding, dnsSubdomainFinding } from '../../../meta/index.ts'
import { hasGate, invalid, notSupported, required, type SpecRule, when } from './rule.ts'

const evictionStrategies = ['None', 'LiveMigrate', 'LiveMigrateIfPossible', 'External']
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None', '']

export const validateNames: SpecRule = (path, { hostname, subdomain }) => {
  const hostFinding = hostname ? dnsLabelFinding(hostname) : undefined
  const domainFinding = subdomain ? dnsSubdomainFinding(subdomain) : undefined
  const at = (name: string): string => `${path}.${name}`
  return [
    ...when(hostFinding !== undefined, () =>
      invalid(at('hostname'), `${at('hostname')} does not conform to the kubernetes DNS_LABEL rules : ${hostFinding}`),
    ),
    ...when(domainFinding !== undefined, () =>
      invalid(at('subdomain'), `${at('subdomain')} does not conform to the kubernetes DNS_SUBDOMAIN rules : ${domainFinding}`),
    ),
  ]
}

export const validateStartStrategy: SpecRule = (path, { livenessProbe, startStrategy }) => {
  if (startStrategy === undefined) return []
  const field = `${path}.startStrategy`
  if (startStrategy !== 'Paused') return [invalid(field, `${field} is set with an unrecognized option: ${startStrategy}`)]
  // The missing blank is KubeVirt's own.
  const clash = `either ${field} or ${path}.livenessProbe should be provided.Pausing VMI with LivenessProbe is not supported`
  return when(livenessProbe !== undefined, () => invalid(field, clash))
}

export const validateEvictionStrategy: SpecRule = (path, { evictionStrategy }) => {
  const field = `${path}.evictionStrategy`
  return when(evictionStrategy !== undefined && !evictionStrategies.includes(evictionStrategy), () =>
    invalid(field, `${field} is set with an unrecognized option: ${evictionStrategy}`),
  )
}

export const validateDns: SpecRule = (path, { dnsConfig, dnsPolicy = '' }) => [
  ...when(!dnsPolicies.includes(dnsPolicy), () =>
    notSupported(`${path}.dnsPolicy`, `DNSPolicy: ${dnsPolicy} is not supported, valid values: [${dnsPolicies.join(' ')}]`),
  ),
  ...when(dnsPolicy === 'None' && dnsConfig === undefined, () =>
    required(`${path}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None'),
  ),
  ...when(dnsPolicy === 'None' && dnsConfig !== undefined && (dnsConfig.nameservers ?? []).length === 0, () =>
    required('nameservers', 'must provide at least one DNS nameserver when `dnsPolicy` is None'),
  ),
]

export const validateRebootPolicy: SpecRule = (path, { domain }, policy) =>
  when(domain.rebootPolicy !== undefined && !hasGate(policy, 'RebootPolicy'), () =>
    invalid(`${path}.domain.rebootPolicy`, 'RebootPolicy is specified but the RebootPolicy feature gate is not enabled'),
  )
