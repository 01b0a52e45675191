// Kubernetes' own client for JavaScript.

import {
  ApiextensionsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
} from '@kubernetes/client-node'
import { eventually } from '../../kit/eventually.ts'
import { emptyMachine } from '../../kit/virtual-machines.ts'
import type { Client, Deed } from '../client.ts'
import packageLock from '../../../package-lock.json' with { type: 'json' }
import { widgetDefinition } from './kubectl-manifests.ts'

const version = packageLock.packages['node_modules/@kubernetes/client-node'].version
const machines = { group: 'kubevirt.io', version: 'v1', plural: 'virtualmachines' }

export const clientNode: Client = {
  name: 'client-node',
  origin: `@kubernetes/client-node ${version}`,
  async bring({ server, namespace }) {
    const config = new KubeConfig()
    config.loadFromFile(server.kubeconfig)
    const core = config.makeApiClient(CoreV1Api)
    const custom = config.makeApiClient(CustomObjectsApi)
    const objects = KubernetesObjectApi.makeApiClient(config)
    await core.createNamespace({ body: { metadata: { name: namespace } } })
    const box = { ...emptyMachine('box', 'Halted'), metadata: { name: 'box', namespace } }
    const own = { ...machines, namespace }
    const deeds: Deed[] = [
      { title: 'create a machine', run: async () => void (await custom.createNamespacedCustomObject({ ...own, body: box })) },
      {
        title: 'read, change, replace',
        run: async () => {
          const found = (await custom.getNamespacedCustomObject({ ...own, name: 'box' })) as typeof box
          const body = { ...found, metadata: { ...found.metadata, labels: { tier: 'gold' } } }
          await custom.replaceNamespacedCustomObject({ ...own, name: 'box', body })
        },
      },
      {
        title: 'an informer sees changes',
        run: async () => {
          const seen: string[] = []
          const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
            core.listNamespacedConfigMap({ namespace }),
          )
          const tell = (what: string) => (object: KubernetesObject) => void seen.push(`${what} ${object.metadata?.name}`)
          informer.on('add', tell('added'))
          informer.on('delete', tell('deleted'))
          await informer.start()
          try {
            await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'note' }, data: { a: '1' } } })
            await core.deleteNamespacedConfigMap({ namespace, name: 'note' })
            await eventually('the informer has seen both', () => seen.includes('added note') && seen.includes('deleted note'))
          } finally {
            await informer.stop()
          }
        },
      },
      {
        title: 'patch (merge)',
        run: async () =>
          void (await objects.patch(
            {
              apiVersion: box.apiVersion,
              kind: box.kind,
              metadata: { name: 'box', namespace, labels: { a: 'b' } },
            } as KubernetesObject,
            undefined,
            undefined,
            'matrix',
            undefined,
            PatchStrategy.MergePatch,
          )),
      },
      {
        title: 'patch (server-side apply)',
        run: async () =>
          void (await objects.patch(
            {
              apiVersion: 'v1',
              kind: 'ConfigMap',
              metadata: { name: 'applied', namespace },
              data: { a: '1' },
            } as KubernetesObject,
            undefined,
            undefined,
            'matrix',
            undefined,
            PatchStrategy.ServerSideApply,
          )),
      },
      {
        title: 'create and delete a CustomResourceDefinition',
        run: async () => {
          const api = config.makeApiClient(ApiextensionsV1Api)
          const definition = widgetDefinition(namespace)
          await api.createCustomResourceDefinition({ body: definition })
          await api.deleteCustomResourceDefinition({ name: definition.metadata.name })
        },
      },
      { title: 'delete', run: async () => void (await custom.deleteNamespacedCustomObject({ ...own, name: 'box' })) },
    ]
    return { version, deeds }
  },
}
