/** How it stands with one aspect of the object. */
export interface HarvesterCondition {
  /** Which aspect. */
  type: string
  /** True, False, or Unknown while it is being worked on. */
  status: 'True' | 'False' | 'Unknown'
  /** Why, in one word for programs. */
  reason?: string
  /** Why, in a sentence for people. */
  message?: string
  /** When the condition last said anything new, as in RFC 3339. */
  lastUpdateTime?: string
  /** When the status last changed, as in RFC 3339. */
  lastTransitionTime?: string
}

/** The list with `next` in it, as of `now`. A condition that says the same as before keeps its place and its times. */
export function withHarvesterCondition(
  conditions: readonly HarvesterCondition[] | undefined,
  next: Pick<HarvesterCondition, 'type' | 'status' | 'reason' | 'message'>,
  now: string,
): HarvesterCondition[] {
  const before = conditions?.find(({ type }) => type === next.type)
  if (before === undefined) return [...(conditions ?? []), { ...next, lastUpdateTime: now, lastTransitionTime: now }]
  const isSame = before.status === next.status && before.reason === next.reason && before.message === next.message
  if (isSame) return [...(conditions ?? [])]
  const lastTransitionTime = before.status === next.status ? (before.lastTransitionTime ?? now) : now
  const merged = { ...next, lastUpdateTime: now, lastTransitionTime }
  return (conditions ?? []).map((condition) => (condition.type === next.type ? merged : condition))
}
