// Every manifest of KubeVirt's own examples, applied to the API server as kubectl would: look in discovery for who serves
// the Kind, then create. The examples lie beside the repository where they have been fetched; they are not kept in it.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type VirtualMachine,
  virtualMachineDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { isJsonObject, type JsonObject, StatusError } from '@sheaf/api/meta'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { root } from '../kit/repository-root.ts'
import { prepareStore, startControlPlane } from '../simulation/control-plane.ts'
import { ensureNamespace } from '../simulation/deeds.ts'
import { openHost } from '../simulation/host.ts'
import { type Platform, pass } from '../simulation/pace.ts'

/** Beside the repository, or beside the folder of its work trees. */
const places = [join(root, '..'), join(root, '..', '..')].map((place) => join(place, 'shared', 'corpus', 'kubevirt-examples'))
const folder = places.find((place) => existsSync(place)) ?? ''
const isThere = folder !== ''
const files = isThere ? readdirSync(folder).filter((file) => file.endsWith('.yaml')) : []

/** The answer, and for what was accepted how it stands after it was told to run, and why. */
const outcomes: Readonly<Record<string, string>> = {
  'clarge.yaml': 'accepted',
  'cluster-csmall.yaml': 'accepted',
  'csmall.yaml': 'accepted',
  'example-migration-policy.yaml': 'no matches for kind "MigrationPolicy" in version "migrations.kubevirt.io/v1alpha1"',
  'migration-job.yaml':
    'admission webhook "migration-create-validator.kubevirt.io" denied the request: the VMI "migration-job/vmi-migratable" does not exist',
  'non-preemtible.yaml': 'accepted',
  'pgpu-resource-claim-tmpl.yaml': 'no matches for kind "ResourceClaimTemplate" in version "resource.k8s.io/v1"',
  'preemtible.yaml': 'accepted',
  'virtio.yaml': 'accepted',
  'vm-alpine-datavolume.yaml':
    'accepted; ErrorPvcNotFound: PVC vm-alpine-datavolume/alpine-dv does not exist, waiting for it to appear',
  'vm-alpine-multipvc.yaml':
    'accepted; ErrorPvcNotFound: PVC vm-alpine-multipvc/disk-alpine does not exist, waiting for it to appear',
  'vm-cirros-clarge-virtio.yaml':
    'admission webhook "virtualmachine-validator.kubevirt.io" denied the request: Failure to find instancetype: virtualmachineinstancetypes.instancetype.kubevirt.io "clarge" not found',
  'vm-cirros-clarge-windows.yaml':
    'admission webhook "virtualmachine-validator.kubevirt.io" denied the request: Failure to find instancetype: virtualmachineinstancetypes.instancetype.kubevirt.io "clarge" not found',
  'vm-cirros-clarge.yaml':
    'admission webhook "virtualmachine-validator.kubevirt.io" denied the request: Failure to find instancetype: virtualmachineinstancetypes.instancetype.kubevirt.io "clarge" not found',
  'vm-cirros-cluster-csmall.yaml':
    'admission webhook "virtualmachine-validator.kubevirt.io" denied the request: Failure to find instancetype: virtualmachineclusterinstancetypes.instancetype.kubevirt.io "cluster-csmall" not found',
  'vm-cirros-csmall.yaml':
    'admission webhook "virtualmachine-validator.kubevirt.io" denied the request: Failure to find instancetype: virtualmachineinstancetypes.instancetype.kubevirt.io "csmall" not found',
  'vm-cirros-sata.yaml': 'accepted; ErrImagePull: image "registry:5000/kubevirt/cirros-container-disk-demo:devel" not found',
  'vm-cirros-with-sidecar-hook-configmap.yaml':
    'admission webhook "virtualmachine-validator.kubevirt.io" denied the request: sidecar feature gate is not enabled in kubevirt-config, invalid entry spec.template.metadata.annotations.hooks.kubevirt.io/hookSidecars',
  'vm-cirros.yaml': 'accepted; ErrImagePull: image "registry:5000/kubevirt/cirros-container-disk-demo:devel" not found',
  'vm-pool-cirros.yaml': 'accepted; ErrImagePull: image "registry:5000/kubevirt/cirros-container-disk-demo:devel" not found',
  // Its class is made by a file that comes before.
  'vm-priorityclass.yaml': 'accepted; Starting: no PriorityClass with name non-preemtible was found',
  'vm-windows-clarge-windows.yaml':
    'admission webhook "virtualmachine-validator.kubevirt.io" denied the request: Failure to find instancetype: virtualmachineinstancetypes.instancetype.kubevirt.io "clarge" not found',
  'vmi-alpine-efi.yaml': 'accepted; Scheduling: image "registry:5000/kubevirt/alpine-container-disk-demo:devel" not found',
  'vmi-arm.yaml': 'accepted; Scheduling: image "registry:5000/kubevirt/cirros-container-disk-demo:devel" not found',
  'vmi-dra-pgpu.yaml':
    'accepted; Scheduling: 0/1 nodes are available: this machine does not offer GPU devices, resource claims; take it out of the spec to run here.',
  'vmi-ephemeral.yaml': 'accepted; Scheduling: image "registry:5000/kubevirt/cirros-container-disk-demo:devel" not found',
  'vmi-fedora-isolated.yaml':
    'accepted; Scheduling: 0/1 nodes are available: this machine does not offer dedicated CPUs; take it out of the spec to run here.',
  'vmi-fedora.yaml':
    'accepted; Scheduling: image "registry:5000/kubevirt/fedora-with-test-tooling-container-disk:devel" not found',
  'vmi-gpu.yaml':
    'accepted; Scheduling: 0/1 nodes are available: this machine does not offer GPU devices; take it out of the spec to run here.',
  'vmi-host-disk.yaml':
    'admission webhook "virtualmachineinstances-create-validator.kubevirt.io" denied the request: HostDisk feature gate is not enabled',
  'vmi-kernel-boot.yaml': 'accepted; Scheduling: image "registry:5000/kubevirt/alpine-ext-kernel-boot-demo:devel" not found',
  'vmi-masquerade.yaml':
    'accepted; Scheduling: image "registry:5000/kubevirt/fedora-with-test-tooling-container-disk:devel" not found',
  'vmi-migratable.yaml': 'accepted; Scheduling: image "registry:5000/kubevirt/alpine-container-disk-demo:devel" not found',
  'vmi-multus-multiple-net.yaml':
    'accepted; Scheduling: 0/1 nodes are available: this machine does not offer networks beside the pod network; take it out of the spec to run here.',
  'vmi-multus-ptp.yaml':
    'accepted; Scheduling: 0/1 nodes are available: this machine does not offer networks beside the pod network; take it out of the spec to run here.',
  'vmi-nocloud.yaml': 'accepted; Scheduling: image "registry:5000/kubevirt/cirros-container-disk-demo:devel" not found',
  'vmi-preset-small.yaml':
    'admission webhook "virtualmachinepreset-validator.kubevirt.io" denied the request: kubevirt.io/v1 VirtualMachineInstancePresets is now deprecated and will be removed in v2. None is applied here: write the size into a VirtualMachineInstancetype and the devices into a VirtualMachinePreference, and name both in spec.instancetype and spec.preference of the VirtualMachine; or write the fields into its template',
  'vmi-pvc.yaml': 'accepted; Scheduling: PVC vmi-pvc/disk-alpine does not exist, waiting for it to appear',
  'vmi-replicaset-cirros.yaml': 'accepted; Scheduling: image "registry:5000/kubevirt/cirros-container-disk-demo:devel" not found',
  'vmi-sata.yaml': 'accepted; Scheduling: image "registry:5000/kubevirt/cirros-container-disk-demo:devel" not found',
  'vmi-secureboot.yaml':
    'accepted; Scheduling: image "registry:5000/kubevirt/fedora-with-test-tooling-container-disk:devel" not found',
  'vmi-sriov.yaml':
    'accepted; Scheduling: 0/1 nodes are available: this machine does not offer SR-IOV interfaces, networks beside the pod network; take it out of the spec to run here.',
  'vmi-usb.yaml':
    'admission webhook "virtualmachineinstances-create-validator.kubevirt.io" denied the request: Host Devices feature gate is not enabled in kubevirt-config',
  'vmi-windows.yaml': 'accepted; Scheduling: PVC vmi-windows/disk-windows does not exist, waiting for it to appear',
  'vmi-with-sidecar-hook-configmap.yaml':
    'admission webhook "virtualmachineinstances-create-validator.kubevirt.io" denied the request: sidecar feature gate is not enabled in kubevirt-config, invalid entry metadata.annotations.hooks.kubevirt.io/hookSidecars',
  'vmi-with-sidecar-hook.yaml':
    'admission webhook "virtualmachineinstances-create-validator.kubevirt.io" denied the request: sidecar feature gate is not enabled in kubevirt-config, invalid entry metadata.annotations.hooks.kubevirt.io/hookSidecars',
  'windows.yaml': 'accepted',
}

const noImage = 'accepted; ErrImagePull: image "registry:5000/kubevirt/cirros-container-disk-demo:devel" not found'
/** Of machines whose instance type and preference are there: the guests want what the preference gives them. */
const sizedOutcomes: Readonly<Record<string, string>> = {
  'vm-windows-clarge-windows.yaml':
    'accepted; ErrorPvcNotFound: PVC sized-vm-windows-clarge-windows/disk-windows does not exist, waiting for it to appear',
}

let platform: Platform
beforeAll(async () => {
  const host = openHost()
  // None of the images can be had.
  host.imageIsThere = false
  platform = { host, plane: startControlPlane(host), heldUntilMs: 0 }
  await prepareStore(platform.plane)
})
afterAll(() => {
  platform.plane.kill()
  platform.host.close()
})

type Manifest = JsonObject & { kind: string; apiVersion: string; metadata: { name: string } }

function manifestsIn(file: string): Manifest[] {
  const documents = parseAllDocuments(readFileSync(join(folder, file), 'utf8'))
  return documents.map((document): unknown => document.toJS()).filter(isJsonObject) as Manifest[]
}

/** What kubectl prints after the name of the file. */
async function apply({ kind, apiVersion, ...rest }: Manifest, namespace: string, client: Client): Promise<string> {
  const path = await collectionOf({ kind, apiVersion }, namespace, client)
  if (path === undefined) return `no matches for kind "${kind}" in version "${apiVersion}"`
  return messageOf(client.request('POST', `${path}?fieldValidation=Strict`, { kind, apiVersion, ...rest }).then(() => 'accepted'))
}

interface ResourceList {
  resources: { name: string; kind: string; namespaced: boolean }[]
}

/** From discovery, which is all that kubectl knows. */
async function collectionOf(
  { kind, apiVersion }: Pick<Manifest, 'kind' | 'apiVersion'>,
  namespace: string,
  client: Client,
): Promise<string | undefined> {
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const body = await client.request('GET', path).then(
    (answer) => answer.body,
    () => undefined,
  )
  const list = body instanceof Uint8Array ? (JSON.parse(new TextDecoder().decode(body)) as ResourceList) : { resources: [] }
  const found = list.resources.find((resource) => resource.kind === kind && !resource.name.includes('/'))
  return found && `${path}/${found.namespaced ? `namespaces/${namespace}/` : ''}${found.name}`
}

/** For the next manifest the cluster is as it was. */
async function removeFromCluster(manifest: Manifest, client: Client): Promise<void> {
  const path = await collectionOf(manifest, '', client)
  if (path !== undefined && !path.includes('/namespaces/')) await client.request('DELETE', `${path}/${manifest.metadata.name}`)
}

/** It makes machines, or is one. */
const runs = ({ kind }: Manifest): boolean => /^VirtualMachine(Pool|Instance|InstanceReplicaSet)?$/.test(kind)

/** Long enough to look for an image twice. */
const patienceMs = 12_000

/** What keeps it from running, once it has been told to. */
async function lackOf(namespace: string, name: string): Promise<string> {
  const { client } = platform.plane
  const start = `/apis/subresources.kubevirt.io/v1/namespaces/${namespace}/virtualmachines/${name}/start`
  await messageOf(client.request('PUT', start).then(() => ''))
  await pass(platform, patienceMs)
  // A set makes several of one template, of which any will do.
  const [vm] = (await client.resource<VirtualMachine>(virtualMachineDefinition).list({ namespace })).items
  const [vmi] = (await client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).list({ namespace })).items
  if (vm === undefined && vmi === undefined) return 'accepted'
  const conditions = [...(vmi?.status?.conditions ?? []), ...(vm?.status?.conditions ?? [])]
  const lack = conditions.find(({ type, status }) =>
    type === 'Failure' ? status === 'True' : type !== 'Ready' && type !== 'LiveMigratable' && status === 'False',
  )
  return `accepted; ${vm?.status?.printableStatus ?? vmi?.status?.phase ?? 'gone'}: ${lack?.message?.replace(/ in \/.*/, '') ?? ''}`
}

async function messageOf(answer: Promise<string>): Promise<string> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof StatusError) return error.message
    throw error
  }
}

describe.skipIf(!isThere)(`KubeVirt's examples (skipped where none of ${places.join(', ')} is there)`, () => {
  it('are all in the table', () => {
    expect(Object.keys(outcomes).toSorted()).toEqual(files.toSorted())
  })

  it.each(files)("%s is accepted, or refused in KubeVirt's words, and says what it lacks", async (file) => {
    const namespace = file.replace('.yaml', '')
    await ensureNamespace(namespace, platform.plane.client)
    const [manifest, ...others] = manifestsIn(file)
    if (manifest === undefined) throw new Error(`${file} is empty`)
    expect(others).toEqual([])
    const answer = await apply(manifest, namespace, platform.plane.client)
    const outcome = answer === 'accepted' && runs(manifest) ? await lackOf(namespace, manifest.metadata.name) : answer
    expect(outcome).toBe(outcomes[file])
    if (answer === 'accepted') await removeFromCluster(manifest, platform.plane.client)
    expect([...platform.host.breaches, ...platform.plane.complaints]).toEqual([])
  })

  /** What they name is applied first. The examples say how much memory they want beside an instance type that says it too. */
  const sized = files.filter(
    (file) => manifestsIn(file)[0]?.kind === 'VirtualMachine' && outcomes[file]?.includes('Failure to find'),
  )
  it.each(sized)('%s is refused for its own memory, and taken without it', async (file) => {
    const namespace = `sized-${file.replace('.yaml', '')}`
    const { client } = platform.plane
    await ensureNamespace(namespace, client)
    const [vm] = manifestsIn(file) as (Manifest & Pick<VirtualMachine, 'spec'>)[]
    if (vm === undefined) throw new Error(`${file} is empty`)
    const named = [vm.spec.instancetype, vm.spec.preference].flatMap((matcher) =>
      manifestsIn(`${matcher?.name ?? 'virtio'}.yaml`),
    )
    for (const each of named) expect(await apply(each, namespace, client)).toBe('accepted')
    expect(await apply(vm, namespace, client)).toBe(
      'admission webhook "virtualmachine-validator.kubevirt.io" denied the request: VM field(s) spec.template.spec.domain.memory.guest conflicts with selected instance type',
    )
    delete vm.spec.template.spec.domain.memory
    expect(await apply(vm, namespace, client)).toBe('accepted')
    expect(await lackOf(namespace, vm.metadata.name)).toBe(sizedOutcomes[file] ?? noImage)
    for (const each of named) await removeFromCluster(each, client)
  })
})
