// kubectl: the distribution's, those of this machine, and a current one built from its module.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findKubectls } from '../../kit/kubectl.ts'
import { emptyMachine } from '../../kit/virtual-machines.ts'
import type { Bench, BroughtClient, Client, Deed } from '../client.ts'
import { mustHold, program, type Program } from '../program.ts'
import { buildFromSources } from './go-programs.ts'
import { serverSideFrom, widgetDefinition } from './kubectl-manifests.ts'

/** Its release process says it to the linker. */
const version = '-X k8s.io/component-base/version.gitVersion=v1.37.2'

export async function kubectlClients(): Promise<Client[]> {
  const here = (await findKubectls()).map(
    ({ path, version, minor }): Client => ({
      name: 'kubectl',
      origin: `kubectl ${version}`,
      bring: async (bench) => brought(bench, path, minor),
    }),
  )
  return [
    ...here,
    {
      name: 'kubectl',
      origin: 'k8s.io/kubectl@v0.37.2',
      bring: async (bench) => brought(bench, await buildFromSources('kubectl', bench.cacheFolder, version), 37),
    },
  ]
}

async function brought(bench: Bench, path: string, minor: number): Promise<BroughtClient> {
  const bare = program(path, bench.environment)
  const { clientVersion } = JSON.parse(await bare('version', '--client', '-o', 'json')) as {
    clientVersion: { gitVersion: string }
  }
  await bare('create', 'namespace', bench.namespace)
  const k = program(path, bench.environment, ['--namespace', bench.namespace])
  return { version: clientVersion.gitVersion, deeds: deeds(k, bench, minor) }
}

function deeds(k: Program, { folder, namespace }: Bench, minor: number): Deed[] {
  const file = (name: string, manifest: unknown): string => {
    const path = join(folder, name)
    writeFileSync(path, JSON.stringify(manifest))
    return path
  }
  const machine = file('machine.json', { ...emptyMachine('box', 'Halted'), metadata: { name: 'box', namespace } })
  const labelled = file('labelled.json', {
    ...emptyMachine('box', 'Halted'),
    metadata: { name: 'box', namespace, labels: { tier: 'gold' } },
  })
  const widget = file('widget-crd.json', widgetDefinition(namespace))
  const aWidget = file('widget.json', {
    apiVersion: 'matrix.example/v1',
    kind: widgetDefinition(namespace).spec.names.kind,
    metadata: { name: 'first', namespace },
    spec: { size: 3 },
  })
  return [
    { title: 'version', run: async () => mustHold(await k('version', '-o', 'json'), /serverVersion/) },
    { title: 'api-resources', run: async () => mustHold(await k('api-resources'), /virtualmachines\s+vm/) },
    { title: 'explain vm.spec.runStrategy', run: async () => mustHold(await k('explain', 'vm.spec.runStrategy'), /runStrategy/) },
    { title: 'create -f', run: async () => mustHold(await k('create', '-f', machine), /created/) },
    { title: 'get, as a table', run: async () => mustHold(await k('get', 'vm'), /NAME\s+AGE\s+STATUS/) },
    { title: 'get -o yaml', run: async () => mustHold(await k('get', 'vm', 'box', '-o', 'yaml'), /runStrategy: Halted/) },
    { title: 'describe', run: async () => mustHold(await k('describe', 'vm', 'box'), /Run Strategy:\s+Halted/) },
    { title: 'apply', run: async () => mustHold(await k('apply', '-f', labelled), /configured/) },
    { title: 'apply again changes nothing', run: async () => mustHold(await k('apply', '-f', labelled), /unchanged/) },
    {
      title: 'apply --dry-run=server',
      run: async () => mustHold(await k('apply', '--dry-run=server', '-f', machine), /dry run/),
    },
    { title: 'diff', run: async () => diffDiffers(k, machine) },
    ...(minor < serverSideFrom
      ? []
      : [
          {
            title: 'apply --server-side',
            run: async () =>
              mustHold(await k('apply', '--server-side', '--force-conflicts', '-f', labelled), /serverside-applied/),
          },
        ]),
    {
      title: 'patch (merge)',
      run: async () =>
        mustHold(await k('patch', 'vm', 'box', '--type=merge', '-p', '{"metadata":{"labels":{"a":"b"}}}'), /patched/),
    },
    {
      title: 'patch (JSON)',
      run: async () => {
        const patch = '[{"op":"add","path":"/metadata/labels/c","value":"d"}]'
        mustHold(await k('patch', 'vm', 'box', '--type=json', '-p', patch), /patched/)
      },
    },
    {
      title: 'create and patch (strategic) a ConfigMap',
      run: async () => {
        await k('create', 'configmap', 'notes', '--from-literal=a=1')
        mustHold(await k('patch', 'configmap', 'notes', '-p', '{"data":{"b":"2"}}'), /patched/)
      },
    },
    { title: 'label, annotate', run: async () => mustHold(await k('label', 'vm', 'box', 'x=y'), /labeled/) },
    { title: 'get --selector', run: async () => mustHold(await k('get', 'vm', '-l', 'x=y', '-o', 'name'), /box/) },
    {
      title: 'edit',
      run: async () => mustHold(await k('edit', 'vm', 'box', '--validate=false'), /edited/),
    },
    {
      title: 'start by patching the run strategy, and wait',
      run: async () => {
        await k('patch', 'vm', 'box', '--type=merge', '-p', '{"spec":{"runStrategy":"Always"}}')
        await k('wait', 'vm', 'box', '--for=condition=Ready', '--timeout=60s')
      },
    },
    { title: 'get events', run: async () => mustHold(await k('get', 'events'), /box/) },
    { title: 'auth can-i', run: async () => mustHold(await k('auth', 'can-i', 'create', 'vm'), /yes/) },
    {
      title: 'create a CustomResourceDefinition and an object of it',
      run: async () => {
        await k('apply', '-f', widget)
        await k('wait', 'crd', widgetDefinition(namespace).metadata.name, '--for=condition=Established', '--timeout=20s')
        mustHold(await k('apply', '-f', aWidget), /created/)
        await k('delete', '-f', widget)
      },
    },
    {
      title: 'create a Service',
      run: async () => mustHold(await k('create', 'service', 'nodeport', 'web', '--tcp=80'), /created/),
    },
    { title: 'delete', run: async () => mustHold(await k('delete', 'vm', 'box', '--timeout=60s'), /deleted/) },
    {
      title: 'delete a namespace with all in it',
      run: async () => mustHold(await k('delete', 'namespace', namespace, '--timeout=60s'), /deleted/),
    },
  ]
}

/** Exit code 1 says that there is a difference; any other is a failure. */
async function diffDiffers(k: Program, manifest: string): Promise<void> {
  const words = await k('diff', '-f', manifest).then(
    () => 'no difference',
    (error: Error) => error.message,
  )
  mustHold(words, /ended with 1: .*tier: gold/s)
}
