/** An observation about an object. KubeVirt's conditions carry no observedGeneration; Sheaf's own do. */
export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason?: string
  message?: string
  lastProbeTime?: string | null
  lastTransitionTime?: string | null
  observedGeneration?: number
}

export function findCondition<C extends { type: string }>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((condition) => condition.type === type)
}

/**
 * The list with `next` in it. A condition that says the same as before keeps its place and its times, so that an
 * unchanged observation is an unchanged object; `lastTransitionTime` moves only when `status` does.
 */
export function withCondition(conditions: readonly Condition[] | undefined, next: Condition): Condition[] {
  const before = findCondition(conditions, next.type)
  if (before === undefined) return [...(conditions ?? []), next]
  const unmoved = before.status === next.status
  const merged: Condition = { ...next }
  if (unmoved && before.lastTransitionTime !== undefined) merged.lastTransitionTime = before.lastTransitionTime
  if (unmoved && before.lastProbeTime !== undefined) merged.lastProbeTime = before.lastProbeTime
  return (conditions ?? []).map((condition) => (condition.type === next.type ? merged : condition))
}

export function withoutCondition(conditions: readonly Condition[] | undefined, type: string): Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type)
}
