// Manifests that other people wrote, and our own examples, against the schemas we serve: nothing in them may be unknown
// or ill-typed. KubeVirt's examples lie beside the repository where they have been fetched; they are not kept in it.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  apiVersionOf,
  configMapDefinition,
  defaultVirtualMachineInstance,
  isJsonObject,
  type JsonObject,
  schemas,
  secretDefinition,
  serviceDefinition,
  type VirtualMachine,
  type VirtualMachineInstance,
  validateVirtualMachine,
  validateVirtualMachineInstance,
  virtualMachineDefinition,
  upgradeDefinition,
  versionDefinition,
  virtualMachineImageDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { checkStructure } from '../../packages/machinery/src/schema/structural.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const folders = [join(root, 'examples'), join(root, '..', 'shared', 'corpus', 'kubevirt-examples')]
const served = [
  configMapDefinition,
  secretDefinition,
  serviceDefinition,
  upgradeDefinition,
  versionDefinition,
  virtualMachineDefinition,
  virtualMachineImageDefinition,
  virtualMachineInstanceDefinition,
]

interface Manifest {
  file: string
  object: JsonObject
}

function manifestsIn(folder: string): Manifest[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) =>
      parseAllDocuments(readFileSync(join(folder, file), 'utf8'))
        .map((document): unknown => document.toJS())
        .filter(isJsonObject)
        .map((object) => ({ file, object })),
    )
}

const definitionOf = ({ object }: Manifest) =>
  served.find((definition) => definition.kind === object['kind'] && apiVersionOf(definition) === object['apiVersion'])

/** What a fresh KubeVirt, with its alpha features off, answers too. */
const refusals: Readonly<Record<string, string>> = {
  'vm-cirros-with-sidecar-hook-configmap.yaml':
    'sidecar feature gate is not enabled in kubevirt-config, invalid entry spec.template.metadata.annotations.hooks.kubevirt.io/hookSidecars',
  'vmi-host-disk.yaml': 'HostDisk feature gate is not enabled',
  'vmi-usb.yaml': 'Host Devices feature gate is not enabled in kubevirt-config',
  'vmi-with-sidecar-hook-configmap.yaml':
    'sidecar feature gate is not enabled in kubevirt-config, invalid entry metadata.annotations.hooks.kubevirt.io/hookSidecars',
  'vmi-with-sidecar-hook.yaml':
    'sidecar feature gate is not enabled in kubevirt-config, invalid entry metadata.annotations.hooks.kubevirt.io/hookSidecars',
}

function admissionMessages({ kind, ...rest }: JsonObject): string[] {
  const object: unknown = { kind, ...rest }
  if (kind === 'VirtualMachine') return validateVirtualMachine(object as VirtualMachine).map(({ message }) => message)
  if (kind !== 'VirtualMachineInstance') return []
  const instance = defaultVirtualMachineInstance(object as VirtualMachineInstance, '5d307ca9-b3ef-428c-8861-06e72d69f223')
  return validateVirtualMachineInstance(instance).map(({ message }) => message)
}

describe.each(folders)('the manifests in %s', (folder) => {
  const manifests = manifestsIn(folder).filter((manifest) => definitionOf(manifest) !== undefined)

  it.skipIf(!existsSync(folder))('are there', () => {
    expect(manifests.length).toBeGreaterThan(0)
  })

  it.each(manifests.map((manifest) => [manifest.file, manifest] as const))('%s fits its schema', (_, manifest) => {
    const schema = schemas[definitionOf(manifest)?.schemaName ?? ''] ?? {}
    expect(checkStructure(schema, schemas, structuredClone(manifest.object))).toEqual({ unknownFields: [], errors: [] })
  })

  it.each(manifests.map((manifest) => [manifest.file, manifest] as const))(
    '%s is admitted, or refused as by KubeVirt',
    (file, { object }) => {
      expect(admissionMessages(object)).toEqual(refusals[file] === undefined ? [] : [refusals[file]])
    },
  )
})
