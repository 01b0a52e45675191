// The Kinds that a virtual machine may name as its instance type and its preference.

import {
  type InstancetypeSpec,
  type Matcher,
  type MatcherField,
  type PreferenceSpec,
  virtualMachineClusterInstancetypeDefinition,
  virtualMachineClusterPreferenceDefinition,
  virtualMachineInstancetypeDefinition,
  virtualMachinePreferenceDefinition,
} from '@sheaf/api'
import type { ResourceName } from '@sheaf/api/client'
import type { ApiObject } from '@sheaf/api/meta'

/** What each field leads to. */
interface Specs {
  instancetype: InstancetypeSpec
  preference: PreferenceSpec
}

/** An instance type or a preference, of its namespace or of all. */
export interface MatchedObject<F extends MatcherField = MatcherField> extends ApiObject {
  spec: Specs[F]
}

export interface MatchedKind extends ResourceName {
  singular: string
  /** What tells on an instance that it was made with one. */
  annotation: string
}

const kinds: Readonly<Record<MatcherField, { own: MatchedKind; cluster: MatchedKind }>> = {
  instancetype: {
    own: { ...virtualMachineInstancetypeDefinition, annotation: 'kubevirt.io/instancetype-name' },
    cluster: { ...virtualMachineClusterInstancetypeDefinition, annotation: 'kubevirt.io/cluster-instancetype-name' },
  },
  preference: {
    own: { ...virtualMachinePreferenceDefinition, annotation: 'kubevirt.io/preference-name' },
    cluster: { ...virtualMachineClusterPreferenceDefinition, annotation: 'kubevirt.io/cluster-preference-name' },
  },
}

/** Named in the singular or the plural, in any case; nothing said is the one of the cluster. Undefined: no such Kind. */
export function matchedKind(field: MatcherField, matcher: Matcher): MatchedKind | undefined {
  const { own, cluster } = kinds[field]
  const said = (matcher.kind ?? '').toLowerCase()
  if (said === '') return cluster
  return [own, cluster].find(({ plural, singular }) => said === plural || said === singular)
}

export function isMatchedKind(field: MatcherField, kind: unknown): boolean {
  return kind === kinds[field].own.kind || kind === kinds[field].cluster.kind
}
