import type { Node, VirtualMachineInstance } from '@sheaf/api'
import { describe, expect, it } from 'vitest'
import { type PlacementSight, whyNotPlaced } from './placement.ts'
import { sampleInstance } from '../sample-instance.ts'

type Spec = VirtualMachineInstance['spec']

const labels = { 'kubernetes.io/hostname': 'attic', rack: '7' }
const nodeWith = (spec: NonNullable<Node['spec']> = {}): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'attic', labels },
  spec,
})
const sightOf = (sight: Partial<PlacementSight> = {}): PlacementSight => ({
  nodeName: 'attic',
  node: nodeWith(),
  neighbours: [],
  namespaces: new Map([
    ['default', {}],
    ['shop', { team: 'shop' }],
  ]),
  ...sight,
})
const instanceWith = (spec: Partial<Spec>, metadata: VirtualMachineInstance['metadata'] = {}): VirtualMachineInstance =>
  sampleInstance({ spec, metadata })
const why = (spec: Partial<Spec>, sight: Partial<PlacementSight> = {}, metadata: VirtualMachineInstance['metadata'] = {}) =>
  whyNotPlaced(instanceWith(spec, metadata), sightOf(sight))
const because = (reason: string): string => `0/1 nodes are available: 1 node(s) ${reason}.`

const required = 'requiredDuringSchedulingIgnoredDuringExecution'
const nodeTerms = (...nodeSelectorTerms: object[]): Partial<Spec> =>
  ({ affinity: { nodeAffinity: { [required]: { nodeSelectorTerms } } } }) as Partial<Spec>
const expression = (key: string, operator: string, ...values: string[]) => ({ matchExpressions: [{ key, operator, values }] })
const misfit = because("didn't match Pod's node affinity/selector")

describe('VI60 the node', () => {
  it('takes what asks for nothing, also while it is not registered', () => {
    expect(why({})).toBeUndefined()
    expect(why({}, { node: undefined })).toBeUndefined()
  })

  it('takes nothing new while it is cordoned, but for what tolerates that', () => {
    const cordoned = { node: nodeWith({ unschedulable: true }) }
    expect(why({}, cordoned)).toBe(because('were unschedulable'))
    expect(why({ tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] }, cordoned)).toBeUndefined()
  })

  it.each([
    ['nothing is tolerated', undefined, false],
    ['the key with any value', [{ key: 'role', operator: 'Exists' }], true],
    ['the key with its value', [{ key: 'role', value: 'db', effect: 'NoSchedule' }], true],
    ['another value', [{ key: 'role', operator: 'Equal', value: 'web' }], false],
    ['another effect', [{ key: 'role', operator: 'Exists', effect: 'NoExecute' }], false],
    ['everything', [{ operator: 'Exists' }], true],
  ] as const)('with a taint, where %s', (_, tolerations, isTaken) => {
    const tainted = { node: nodeWith({ taints: [{ key: 'role', value: 'db', effect: 'NoSchedule' as never }] }) }
    const spec = tolerations === undefined ? {} : { tolerations: [...tolerations] }
    expect(why(spec, tainted)).toBe(isTaken ? undefined : because('had untolerated taint {role: db}'))
  })

  it('with a taint that only asks nicely takes everything', () => {
    expect(why({}, { node: nodeWith({ taints: [{ key: 'role', effect: 'PreferNoSchedule' as never }] }) })).toBeUndefined()
  })

  it.each([
    [{ nodeSelector: { rack: '7' } }, true],
    [{ nodeSelector: { rack: '8' } }, false],
    [nodeTerms(expression('rack', 'In', '7', '8')), true],
    [nodeTerms(expression('rack', 'NotIn', '7')), false],
    [nodeTerms(expression('row', 'NotIn', '7')), true],
    [nodeTerms(expression('rack', 'Exists')), true],
    [nodeTerms(expression('row', 'Exists')), false],
    [nodeTerms(expression('row', 'DoesNotExist')), true],
    [nodeTerms(expression('rack', 'Gt', '6')), true],
    [nodeTerms(expression('rack', 'Lt', '7')), false],
    [nodeTerms(expression('rack', 'Gt', 'six')), false],
    [nodeTerms(expression('row', 'Exists'), expression('rack', 'Exists')), true],
    [nodeTerms({}), false],
    [nodeTerms({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['attic'] }] }), true],
    [nodeTerms({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['cellar'] }] }), false],
  ] as [Partial<Spec>, boolean][])('is asked for by %j: %s', (spec, isTaken) => {
    expect(why(spec)).toBe(isTaken ? undefined : misfit)
  })

  it('is the only one: what is only preferred has no say', () => {
    const preference = { weight: 1, preference: expression('rack', 'In', '8') }
    const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [preference] } }
    expect(why({ affinity: affinity as never })).toBeUndefined()
  })

  it('has one scheduler', () => {
    expect(why({ schedulerName: 'default-scheduler' })).toBeUndefined()
    expect(why({ schedulerName: 'clever' })).toMatch(/no scheduler "clever" runs here/)
  })
})

const neighbour = (name: string, own: Record<string, string>, spec: Partial<Spec> = {}, namespace = 'default') =>
  instanceWith(spec, { name, namespace, uid: `uid-${name}`, labels: own })
const web = { app: 'web' }
const termFor = (app: string, extra: object = {}) => ({
  topologyKey: 'kubernetes.io/hostname',
  labelSelector: { matchLabels: { app } },
  ...extra,
})
const beside = (...terms: object[]): Partial<Spec> => ({ affinity: { podAffinity: { [required]: terms as never } } })
const apartFrom = (...terms: object[]): Partial<Spec> => ({ affinity: { podAntiAffinity: { [required]: terms as never } } })

describe('VI61 neighbours', () => {
  const noFriend = because("didn't match pod affinity rules")
  const foe = because("didn't match pod anti-affinity rules")

  it('that are wanted must be there', () => {
    expect(why(beside(termFor('db')))).toBe(noFriend)
    expect(why(beside(termFor('db')), { neighbours: [neighbour('db', { app: 'db' })] })).toBeUndefined()
  })

  it('are not waited for by the first of those that want each other', () => {
    expect(why(beside(termFor('web')), {}, { labels: web })).toBeUndefined()
  })

  it('that are not wanted must not be there', () => {
    const neighbours = [neighbour('other', web)]
    expect(why(apartFrom(termFor('web')), { neighbours })).toBe(foe)
    expect(why(apartFrom(termFor('db')), { neighbours })).toBeUndefined()
  })

  it('that do not want it keep it away', () => {
    const neighbours = [neighbour('db', {}, apartFrom(termFor('web')))]
    expect(why({}, { neighbours }, { labels: web })).toBe(because("didn't satisfy existing pods anti-affinity rules"))
    expect(why({}, { neighbours })).toBeUndefined()
  })

  it('are those of its own namespace, unless it says others, by name or by label', () => {
    const neighbours = [neighbour('other', web, {}, 'shop')]
    expect(why(apartFrom(termFor('web')), { neighbours })).toBeUndefined()
    expect(why(apartFrom(termFor('web', { namespaces: ['shop'] })), { neighbours })).toBe(foe)
    const bySelector = (team: string) => termFor('web', { namespaceSelector: { matchLabels: { team } } })
    expect(why(apartFrom(bySelector('shop')), { neighbours })).toBe(foe)
    expect(why(apartFrom(bySelector('bank')), { neighbours })).toBeUndefined()
    expect(why(apartFrom(termFor('web', { namespaceSelector: {} })), { neighbours })).toBe(foe)
  })

  it('are told apart by labels that they share with it, or do not', () => {
    const neighbours = [neighbour('old', { ...web, version: '1' })]
    const own = { labels: { ...web, version: '2' } }
    expect(why(apartFrom(termFor('web', { matchLabelKeys: ['version'] })), { neighbours }, own)).toBeUndefined()
    expect(why(apartFrom(termFor('web', { mismatchLabelKeys: ['version'] })), { neighbours }, own)).toBe(foe)
  })

  it('share no domain that the node does not say it lies in', () => {
    const term = termFor('web', { topologyKey: 'topology.kubernetes.io/zone' })
    const neighbours = [neighbour('other', web)]
    expect(why(apartFrom(term), { neighbours })).toBeUndefined()
    expect(why(beside(term), { neighbours })).toBe(noFriend)
  })

  it('spread over the domains that there are', () => {
    const spread = (extra: object): Partial<Spec> => ({
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', ...extra } as never,
      ],
    })
    const selected = { labelSelector: { matchLabels: web } }
    const sight = { neighbours: [neighbour('one', web), neighbour('two', web)] }
    expect(why(spread(selected), sight, { labels: web })).toBeUndefined()
    expect(why(spread({ ...selected, minDomains: 2 }), sight, { labels: web })).toBe(
      because("didn't match pod topology spread constraints"),
    )
    expect(why(spread({ ...selected, topologyKey: 'zone' }), sight)).toBe(
      because("didn't match pod topology spread constraints (missing required label)"),
    )
    expect(why(spread({ ...selected, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }), sight)).toBeUndefined()
  })
})
