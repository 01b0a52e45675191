// What a volume's labels say about the machine that boots from it: the instance type and the preference that its publisher
// had in mind. A matcher with inferFromVolume becomes one with a name.

import { type MatcherField, matcherFields, type VirtualMachine, type VirtualMachineSpec } from '@sheaf/api'
import type { Client, ResourceName } from '@sheaf/api/client'
import { type ApiObject, notFound, StatusError } from '@sheaf/api/meta'

/** Claims and CDI's Kinds are looked up by name; where one is not served, none of it is there. */
const claims = {
  group: '',
  version: 'v1',
  plural: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  scope: 'Namespaced',
} as const
const cdi = { group: 'cdi.kubevirt.io', version: 'v1beta1', scope: 'Namespaced' } as const
const dataVolumes = { ...cdi, plural: 'datavolumes', kind: 'DataVolume' } as const
const dataSources = { ...cdi, plural: 'datasources', kind: 'DataSource' } as const

type DataVolumeSpec = NonNullable<VirtualMachineSpec['dataVolumeTemplates']>[number]['spec']
interface DataVolume extends ApiObject {
  spec: DataVolumeSpec
}
interface DataSource extends ApiObject {
  spec: { source?: { pvc?: { name: string; namespace: string } } }
}

/** A volume that says nothing; a matcher may ask to be dropped then. */
class Silent extends Error {}

interface Inferred {
  name: string
  kind: string
}

/** Writes into the virtual machine. Refuses, as KubeVirt's webhook does, what cannot be inferred. */
export async function inferMatchers(vm: VirtualMachine, client: Client): Promise<void> {
  for (const field of matcherFields) await inferMatcher(field, vm, client)
}

async function inferMatcher(field: MatcherField, vm: VirtualMachine, client: Client): Promise<void> {
  const matcher = vm.spec[field]
  if (!matcher?.inferFromVolume) return
  const mayFail = matcher.inferFromVolumeFailurePolicy === 'Ignore'
  try {
    const { name, kind } = await fromVolume(matcher.inferFromVolume, vm, { field, client })
    // Whoever lets it fail has written a size for that case.
    if (mayFail && field === 'instancetype') delete vm.spec.template.spec.domain.memory
    vm.spec[field] = { name, ...(kind === '' ? {} : { kind }) }
  } catch (error) {
    if (error instanceof Silent && mayFail) delete vm.spec[field]
    else if (error instanceof Silent || (error instanceof StatusError && error.code === 404)) throw denial(error.message)
    else throw error
  }
}

function denial(why: string): StatusError {
  return new StatusError(400, '', `admission webhook "virtualmachines-mutator.kubevirt.io" denied the request: ${why}`)
}

interface Search {
  field: MatcherField
  client: Client
}

async function fromVolume(volumeName: string, vm: VirtualMachine, search: Search): Promise<Inferred> {
  const volume = vm.spec.template.spec.volumes?.find(({ name }) => name === volumeName)
  const namespace = vm.metadata.namespace ?? ''
  if (volume === undefined) throw denial(`unable to find volume ${volumeName} to infer defaults`)
  if (volume.persistentVolumeClaim !== undefined) {
    return fromClaim({ namespace, name: volume.persistentVolumeClaim.claimName }, search)
  }
  if (volume.dataVolume === undefined) {
    throw new Silent(`unable to infer defaults from volume ${volumeName} as type is not supported`)
  }
  const { name } = volume.dataVolume
  const template = vm.spec.dataVolumeTemplates?.find(({ metadata }) => metadata?.name === name)
  return template === undefined ? fromDataVolume({ namespace, name }, search) : fromSource(template.spec, namespace, search)
}

type Key = { namespace: string; name: string }

async function fromDataVolume(key: Key, search: Search): Promise<Inferred> {
  const dataVolume = await search.client.resource<DataVolume>(dataVolumes).find(key)
  // It may have been cleared away; its claim has the same name.
  if (dataVolume === undefined) return fromClaim(key, search)
  return labelled(dataVolume, search.field) ?? fromSource(dataVolume.spec, key.namespace, search)
}

function fromSource({ source, sourceRef }: DataVolumeSpec, namespace: string, search: Search): Promise<Inferred> {
  if (source?.pvc !== undefined) return fromClaim(source.pvc, search)
  if (sourceRef === undefined) {
    throw new Silent('unable to infer defaults from DataVolumeSpec as DataVolumeSource is not supported')
  }
  if (sourceRef.kind !== 'DataSource') {
    throw new Silent(`unable to infer defaults from DataVolumeSourceRef as Kind ${sourceRef.kind} is not supported`)
  }
  return fromDataSource({ namespace: sourceRef.namespace ?? namespace, name: sourceRef.name }, search)
}

async function fromDataSource(key: Key, search: Search): Promise<Inferred> {
  const dataSource = await findIn<DataSource>(dataSources, key, search.client)
  const inferred = labelled(dataSource, search.field)
  if (inferred !== undefined) return inferred
  const claim = dataSource.spec.source?.pvc
  if (claim === undefined) throw new Silent("unable to infer defaults from DataSource that doesn't provide DataVolumeSourcePVC")
  return fromClaim(claim, search)
}

async function fromClaim(key: Key, { field, client }: Search): Promise<Inferred> {
  const inferred = labelled(await findIn(claims, key, client), field)
  if (inferred === undefined) throw new Silent(`unable to find required ${labelOf(field)} label on the volume`)
  return inferred
}

async function findIn<T extends ApiObject>(resource: ResourceName, key: Key, client: Client): Promise<T> {
  const object = await client.resource<T>(resource).find(key)
  if (object === undefined) throw notFound(resource, key.name)
  return object
}

const labelOf = (field: MatcherField): string => `instancetype.kubevirt.io/default-${field}`

function labelled({ metadata }: ApiObject, field: MatcherField): Inferred | undefined {
  const name = metadata.labels?.[labelOf(field)]
  return name === undefined ? undefined : { name, kind: metadata.labels?.[`${labelOf(field)}-kind`] ?? '' }
}
