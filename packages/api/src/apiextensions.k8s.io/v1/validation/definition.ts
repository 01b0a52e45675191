// What a custom resource definition must say for itself, with Kubernetes' texts. Pure.

import { dnsSubdomainFinding, type FieldError, forbidden, invalid, notSupported, required } from '../../../meta/index.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionSpec } from '../custom-resource-definition.ts'
import { nameErrors } from './names.ts'
import { versionErrors } from './versions.ts'

export function validateCustomResourceDefinition(
  crd: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
): FieldError[] {
  return [
    ...identityErrors(crd),
    ...groupErrors(crd.spec),
    ...scopeErrors(crd.spec),
    ...nameErrors(crd.spec.names, 'spec.names'),
    ...versionErrors(crd.spec),
    ...conversionErrors(crd.spec),
    ...storedVersionErrors(crd),
    ...approvalErrors(crd, old),
    ...(crd.spec.preserveUnknownFields === true
      ? [
          invalid(
            'spec.preserveUnknownFields',
            true,
            'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
          ),
        ]
      : []),
    ...(old === undefined ? [] : changeErrors(crd, old)),
  ]
}

function identityErrors({ metadata: { name = '' }, spec }: CustomResourceDefinition): FieldError[] {
  const isNamedFor = name === `${spec.names.plural}.${spec.group}`
  return isNamedFor ? [] : [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')]
}

function groupErrors({ group }: CustomResourceDefinitionSpec): FieldError[] {
  if (group === '') return [required('spec.group')]
  const finding = dnsSubdomainFinding(group)
  if (finding !== undefined) return [invalid('spec.group', group, finding)]
  return group.includes('.') ? [] : [invalid('spec.group', group, 'should be a domain with at least one dot')]
}

const scopes = ['Cluster', 'Namespaced']

function scopeErrors({ scope }: { scope: string }): FieldError[] {
  if (scope === '') return [required('spec.scope')]
  return scopes.includes(scope) ? [] : [notSupported('spec.scope', scope, scopes)]
}

/** Nothing here calls a webhook. One that would never be asked, because there is nothing to convert between, does no harm. */
function conversionErrors({ conversion, versions }: CustomResourceDefinitionSpec): FieldError[] {
  const path = 'spec.conversion'
  if (conversion === undefined) return []
  const { strategy, webhook } = conversion
  if (strategy !== 'None' && strategy !== 'Webhook') return [notSupported(`${path}.strategy`, strategy, ['None', 'Webhook'])]
  if (strategy === 'None') {
    return webhook === undefined
      ? []
      : [forbidden(`${path}.webhookClientConfig`, 'should not be set when strategy is not set to Webhook')]
  }
  if (webhook?.clientConfig === undefined) {
    return [required(`${path}.webhookClientConfig`, 'required when strategy is set to Webhook')]
  }
  const why =
    'this server does not call webhooks to convert between versions: use None, which changes nothing but apiVersion, or define only one version'
  return versions.length > 1 ? [invalid(`${path}.strategy`, strategy, why)] : []
}

function storedVersionErrors({ spec, status }: CustomResourceDefinition): FieldError[] {
  const path = 'status.storedVersions'
  const stored = status?.storedVersions ?? []
  const defined = new Set(spec.versions.map(({ name }) => name))
  const storage = spec.versions.find((version) => version.storage)?.name
  const gone = stored.flatMap((name, index) => {
    const why = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`
    return defined.has(name) ? [] : [invalid(`${path}[${index}]`, name, why)]
  })
  if (stored.length === 0) return [invalid(path, stored, 'must have at least one stored version')]
  const lacks = storage !== undefined && !stored.includes(storage)
  return [...(lacks ? [invalid(path, stored, `must have the storage version ${storage}`)] : []), ...gone]
}

const approvalAnnotation = 'api-approved.kubernetes.io'
const approvalPage = 'https://github.com/kubernetes/enhancements/pull/1111'

/** Groups that belong to Kubernetes. */
function isProtected(group: string): boolean {
  return ['k8s.io', 'kubernetes.io'].some((domain) => group === domain || group.endsWith(`.${domain}`))
}

function approvalErrors({ metadata, spec }: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  const said = metadata.annotations?.[approvalAnnotation] ?? ''
  if (!isProtected(spec.group) || (old !== undefined && (old.metadata.annotations?.[approvalAnnotation] ?? '') === said))
    return []
  const path = `metadata.annotations[${approvalAnnotation}]`
  const needed = `protected groups must have approval annotation "${approvalAnnotation}"`
  if (said === '') return [required(path, `${needed}, see ${approvalPage}`)]
  if (said.startsWith('unapproved') || /^https?:\/\/[^/]+/.test(said)) return []
  return [invalid(path, said, `${needed} with either a URL or a reason starting with "unapproved", see ${approvalPage}`)]
}

/** Where objects lie cannot change while there may be some. */
function changeErrors({ spec, status }: CustomResourceDefinition, { spec: before }: CustomResourceDefinition): FieldError[] {
  const immutable = (path: string, now: string, then: string): FieldError[] =>
    now === then ? [] : [invalid(path, now, 'field is immutable')]
  const isEstablished = status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true
  return [
    ...(isEstablished ? immutable('spec.scope', spec.scope, before.scope) : []),
    ...(isEstablished ? immutable('spec.names.kind', spec.names.kind, before.names.kind) : []),
    ...immutable('spec.group', spec.group, before.group),
    ...immutable('spec.names.plural', spec.names.plural, before.names.plural),
  ]
}
