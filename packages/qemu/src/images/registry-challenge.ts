// What a registry wants to see before it answers: the header WWW-Authenticate. Pure.

export type Challenge =
  | { kind: 'basic' }
  | { kind: 'bearer'; realm: string; service: string | undefined; scope: string | undefined }

/** The strongest that is offered; undefined when nothing is understood. */
export function parseChallenge(header: string | null): Challenge | undefined {
  const text = header ?? ''
  const bearer = /\bbearer\s+(.*)$/i.exec(text)?.[1]
  if (bearer !== undefined) {
    const parameters = new Map(
      [...bearer.matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/g)].map((m) => [m[1], m[2] ?? m[3] ?? '']),
    )
    const realm = parameters.get('realm')
    if (realm === undefined || !URL.canParse(realm)) return undefined
    return { kind: 'bearer', realm, service: parameters.get('service'), scope: parameters.get('scope') }
  }
  return /\bbasic\b/i.test(text) ? { kind: 'basic' } : undefined
}
