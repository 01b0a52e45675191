import { expect, it } from 'vitest'
import { type VirtualMachine, virtualMachineDefinition } from '../kubevirt.io/v1/virtual-machine.ts'
import type { Json } from '../meta/json.ts'
import { severities } from './deprecation-rule.ts'
import { deprecationRules } from './deprecation-rules.ts'
import { type Deprecation, deprecationWarnings, findDeprecations } from './find-deprecations.ts'
import { pathText } from './json-path.ts'
import { applyEdits } from './path-edit.ts'

const machine = (spec: object, apiVersion = 'kubevirt.io/v1') => ({
  apiVersion,
  kind: 'VirtualMachine',
  metadata: { name: 'web', namespace: 'shop' },
  spec,
})
const instanceSpec = (spec: object) => machine({ template: { spec } })
const device = (kind: string, each: object) => instanceSpec({ domain: { devices: { [kind]: [{ name: 'a' }, each] } } })
const of = (group: string, kind: string, rest: object) => ({ apiVersion: group, kind, metadata: { name: 'x' }, ...rest })
const preference = (spec: object) => of('instancetype.kubevirt.io/v1beta1', 'VirtualMachineClusterPreference', { spec })

const outline = ({ rule, path, severity, message }: Deprecation) => `${rule.id} ${pathText(path)} ${severity}: ${message}`
const interfaces = 'spec.template.spec.domain.devices.interfaces[1]'

it.each<[string, Json | object, string]>([
  [
    'running: true',
    machine({ running: true }),
    'running spec.running warned: spec.running is deprecated, please use spec.runStrategy instead.',
  ],
  [
    'running: false',
    machine({ running: false }),
    'running spec.running warned: spec.running is deprecated, please use spec.runStrategy instead.',
  ],
  [
    'running and runStrategy',
    machine({ running: true, runStrategy: 'Always' }),
    'running spec.running refused: Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy instead',
  ],
  [
    'a pool',
    of('pool.kubevirt.io/v1beta1', 'VirtualMachinePool', { spec: { virtualMachineTemplate: { spec: { running: true } } } }),
    'running spec.virtualMachineTemplate.spec.running warned: spec.virtualMachineTemplate.spec.running is deprecated, please use spec.virtualMachineTemplate.spec.runStrategy instead.',
  ],
  [
    'a template version',
    of('harvesterhci.io/v1beta1', 'VirtualMachineTemplateVersion', { spec: { vm: { spec: { running: false } } } }),
    'running spec.vm.spec.running warned: spec.vm.spec.running is deprecated, please use spec.vm.spec.runStrategy instead.',
  ],
  [
    'a backup',
    of('harvesterhci.io/v1beta1', 'VirtualMachineBackup', { status: { source: { spec: { running: false } } } }),
    'running status.source.spec.running warned: status.source.spec.running is deprecated, please use status.source.spec.runStrategy instead.',
  ],
  [
    'slirp',
    device('interfaces', { slirp: {} }),
    `slirp-binding ${interfaces}.slirp refused: Slirp interface support has been discontinued since v1.3`,
  ],
  [
    'macvtap',
    device('interfaces', { macvtap: {} }),
    `macvtap-binding ${interfaces}.macvtap refused: Macvtap network binding has been discontinued since v1.3`,
  ],
  [
    'passt',
    device('interfaces', { passt: {} }),
    `passt-binding ${interfaces}.passt refused: Passt network binding has been discontinued since v1.3`,
  ],
  [
    'an instance with slirp',
    of('kubevirt.io/v1', 'VirtualMachineInstance', { spec: { domain: { devices: { interfaces: [{ slirp: {} }] } } } }),
    'slirp-binding spec.domain.devices.interfaces[0].slirp refused: Slirp interface support has been discontinued since v1.3',
  ],
  [
    'a floppy',
    device('disks', { floppy: {} }),
    'floppy-disk spec.template.spec.domain.devices.disks[1].floppy refused: spec.template.spec.domain.devices.disks[1].floppy is refused since v0.48; instead: cdrom, or disk',
  ],
  [
    'v1alpha3',
    machine({}, 'kubevirt.io/v1alpha3'),
    'kubevirt-v1alpha3 apiVersion warned: kubevirt.io/v1alpha3 is now deprecated and will be removed in a future release.',
  ],
  [
    'a preset',
    of('kubevirt.io/v1', 'VirtualMachineInstancePreset', {}),
    'preset kind warned: kubevirt.io/v1 VirtualMachineInstancePresets is now deprecated and will be removed in v2.',
  ],
  [
    'a preset of v1alpha3',
    of('kubevirt.io/v1alpha3', 'VirtualMachineInstancePreset', {}),
    'preset kind warned: kubevirt.io/v1alpha3 VirtualMachineInstancePresets is now deprecated and will be removed in v2.',
  ],
  [
    'an export of v1beta1',
    of('export.kubevirt.io/v1beta1', 'VirtualMachineExport', {}),
    'export-v1beta1 apiVersion warned: export.kubevirt.io/v1beta1 VirtualMachineExport is now deprecated and will be removed in a future version.',
  ],
  [
    'an export of v1alpha1',
    of('export.kubevirt.io/v1alpha1', 'VirtualMachineExport', {}),
    'export-v1alpha1 apiVersion refused: apiVersion is refused since v1.9; instead: export.kubevirt.io/v1',
  ],
  [
    'a snapshot of v1alpha1',
    of('snapshot.kubevirt.io/v1alpha1', 'VirtualMachineSnapshot', {}),
    'snapshot-v1alpha1 apiVersion documented: apiVersion is deprecated since v1.3; instead: snapshot.kubevirt.io/v1beta1',
  ],
  [
    'a clone of v1alpha1',
    of('clone.kubevirt.io/v1alpha1', 'VirtualMachineClone', {}),
    'clone-v1alpha1 apiVersion documented: apiVersion is deprecated since v1.5; instead: clone.kubevirt.io/v1beta1',
  ],
  [
    'a pool of v1alpha1',
    of('pool.kubevirt.io/v1alpha1', 'VirtualMachinePool', {}),
    'pool-v1alpha1 apiVersion documented: apiVersion is deprecated since v1.7; instead: pool.kubevirt.io/v1beta1',
  ],
  [
    'an instance type of v1alpha2',
    of('instancetype.kubevirt.io/v1alpha2', 'VirtualMachineInstancetype', {}),
    'instancetype-v1alpha1-v1alpha2 apiVersion refused: apiVersion is refused since v1.6; instead: instancetype.kubevirt.io/v1beta1',
  ],
  [
    'a topology',
    preference({ cpu: { preferredCPUTopology: 'preferCores' } }),
    'preferred-cpu-topology spec.cpu.preferredCPUTopology warned: PreferredCPUTopology preferCores is deprecated for removal in a future release, please use cores instead',
  ],
  [
    'EFI by flag',
    preference({ firmware: { preferredUseEfi: true } }),
    'preference-preferreduseefi spec.firmware.preferredUseEfi documented: spec.firmware.preferredUseEfi is deprecated since v1.5; instead: firmware.preferredEfi',
  ],
  [
    'secure boot by flag',
    preference({ firmware: { preferredUseSecureBoot: false } }),
    'preference-preferredusesecureboot spec.firmware.preferredUseSecureBoot documented: spec.firmware.preferredUseSecureBoot is deprecated since v1.5; instead: firmware.preferredEfi',
  ],
  [
    'a ratio',
    preference({ preferSpreadSocketToCoreRatio: 4 }),
    'spread-socket-to-core-ratio spec.preferSpreadSocketToCoreRatio documented: spec.preferSpreadSocketToCoreRatio is deprecated since v1.4; instead: cpu.spreadOptions.ratio',
  ],
  [
    'launch security',
    of('instancetype.kubevirt.io/v1beta1', 'VirtualMachineInstancetype', { spec: { launchSecurity: { sev: {} } } }),
    'instance-type-launch-security spec.launchSecurity warned: launchSecurity is deprecated and will be removed in a future release. Use preference instead.',
  ],
  [
    'a Kind in a data volume template',
    machine({ dataVolumeTemplates: [{ kind: 'DataVolume' }] }),
    'data-volume-template-kind spec.dataVolumeTemplates[0].kind inert: spec.dataVolumeTemplates[0].kind has no effect; instead: leaving it out',
  ],
  [
    'a service by name label',
    of('v1', 'Service', { spec: { selector: { 'vm.kubevirt.io/name': 'web' } } }),
    'vm-name-label-service spec.selector[vm.kubevirt.io/name] documented: spec.selector[vm.kubevirt.io/name] is deprecated since v1.7; instead: the label vmi.kubevirt.io/id',
  ],
  [
    'a network policy by name label',
    of('networking.k8s.io/v1', 'NetworkPolicy', { spec: { podSelector: { matchLabels: { 'vm.kubevirt.io/name': 'web' } } } }),
    'vm-name-label-network-policy spec.podSelector.matchLabels[vm.kubevirt.io/name] documented: spec.podSelector.matchLabels[vm.kubevirt.io/name] is deprecated since v1.7; instead: the label vmi.kubevirt.io/id',
  ],
  [
    'nonroot',
    machine({ template: { metadata: { annotations: { 'kubevirt.io/nonroot': '' } } } }),
    'nonroot-annotation spec.template.metadata.annotations[kubevirt.io/nonroot] documented: spec.template.metadata.annotations[kubevirt.io/nonroot] is deprecated since v0.52; instead: status.runtimeUser of the instance',
  ],
  [
    'a finalizer',
    { ...machine({}), metadata: { finalizers: ['mine/x', 'foregroundDeleteVirtualMachine'] } },
    'foreground-delete-finalizer metadata.finalizers[1] documented: metadata.finalizers[1] is deprecated since v1.7; instead: kubevirt.io/foregroundDeleteVirtualMachine',
  ],
  [
    'a node selector',
    instanceSpec({ nodeSelector: { cpumanager: 'true' } }),
    'cpumanager-node-selector spec.template.spec.nodeSelector.cpumanager documented: spec.template.spec.nodeSelector.cpumanager is deprecated since v1.8; instead: the node label kubevirt.io/cpumanager',
  ],
])('finds %s', (_, object, expected) => {
  expect(findDeprecations(object).map(outline)).toEqual([expected])
})

it.each<[string, unknown]>([
  ['runStrategy', machine({ runStrategy: 'Always' })],
  ['running without a value', machine({ running: null, runStrategy: 'Always' })],
  ['running in another group', of('example.com/v1', 'VirtualMachine', { spec: { running: true } })],
  ['running of another Kind', of('kubevirt.io/v1', 'VirtualMachineInstance', { spec: { running: true } })],
  ['running deeper down', machine({ template: { spec: { running: true } } })],
  ['a topology of today', preference({ cpu: { preferredCPUTopology: 'cores' } })],
  ['an array where an object belongs', machine([{ running: true }])],
  ['passtBinding', device('interfaces', { passtBinding: {} })],
  ['text', 'running: true'],
  ['nothing', null],
])('finds nothing in %s', (_, object) => {
  expect(findDeprecations(object)).toEqual([])
})

it('looks into lists, lists of lists, and typed lists whose items do not say their Kind', () => {
  const { apiVersion: _, kind: __, ...bare } = machine({ running: true })
  const typed = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineList', items: [bare] }
  const list = {
    apiVersion: 'v1',
    kind: 'List',
    items: [machine({ running: true }), { apiVersion: 'v1', kind: 'List', items: [typed] }],
  }
  expect(findDeprecations(list).map(outline)).toEqual([
    'running items[0].spec.running warned: spec.running is deprecated, please use spec.runStrategy instead.',
    'running items[1].items[0].items[0].spec.running warned: spec.running is deprecated, please use spec.runStrategy instead.',
  ])
})

it.each<[object, object]>([
  [
    { running: true, template: 1 },
    { runStrategy: 'Always', template: 1 },
  ],
  [
    { template: 1, running: false },
    { template: 1, runStrategy: 'Halted' },
  ],
  [{ dataVolumeTemplates: [{ apiVersion: 'a', kind: 'b', spec: {} }] }, { dataVolumeTemplates: [{ spec: {} }] }],
])('what is certain is rewritten: %j', (spec, expected) => {
  const object = machine(spec)
  const edits = findDeprecations(object).flatMap(({ rewrite }) => (rewrite.certain ? rewrite.edits : []))
  expect(JSON.stringify(applyEdits(object as unknown as Json, edits))).toBe(JSON.stringify(machine(expected)))
})

it.each([
  [{ running: true, runStrategy: 'Always' }, 'mutually exclusive'],
  [{ running: true, runStrategy: null }, 'without a value'],
  [{ running: 'true' }, '"true" is not true or false'],
  [{ running: 1 }, '1 is not true or false'],
])('what is not certain is left, with a reason: %j', (spec, reason) => {
  expect(findDeprecations(machine(spec))[0]?.rewrite).toMatchObject({
    certain: false,
    why: expect.stringContaining(reason) as string,
  })
})

it('the definition of VirtualMachine warns with the same rules, each text once, and never of what is only documented', () => {
  const object = machine({ running: true, dataVolumeTemplates: [{ kind: 'DataVolume' }] })
  expect(deprecationWarnings(object)).toEqual(['spec.running is deprecated, please use spec.runStrategy instead.'])
  expect(virtualMachineDefinition.warnings?.(object as unknown as VirtualMachine)).toEqual(deprecationWarnings(object))
})

it('every rule has a name of its own, and says what to do', () => {
  expect(new Set(deprecationRules.map(({ id }) => id)).size).toBe(deprecationRules.length)
  for (const rule of deprecationRules) {
    expect(rule.explain, rule.id).toMatch(/\.$/)
    expect(severities).toContain(rule.severity)
    // Plain data: what a report or another program reads is all there is.
    expect(JSON.parse(JSON.stringify(rule))).toEqual(rule)
  }
})
