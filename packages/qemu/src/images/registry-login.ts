// Logins to registries, as Docker's configuration file keeps them.

export interface RegistryLogin {
  /** A host, or a host and the beginning of a repository: `registry.example/team`. */
  scope: string
  username: string
  password: string
  /** Exchanged for a token instead of name and password. */
  identityToken?: string
}

/** Reads `{"auths": {"registry.example": {"auth": "…"}}}`. Throws a SyntaxError that repeats nothing of what it read. */
export function parseRegistryLogins(dockerConfig: string): RegistryLogin[] {
  const auths = entriesOf(parsed(dockerConfig))
  if (auths === undefined) throw new SyntaxError('it has no "auths"')
  return Object.entries(auths).flatMap(([server, entry]) => {
    const login = loginOf(server, entry)
    return login === undefined ? [] : [login]
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new SyntaxError('it is not JSON')
  }
}

function entriesOf(config: unknown): Record<string, unknown> | undefined {
  if (!isRecord(config)) return undefined
  return isRecord(config['auths']) ? config['auths'] : undefined
}

function loginOf(server: string, entry: unknown): RegistryLogin | undefined {
  if (!isRecord(entry)) return undefined
  const text = (key: string): string => (typeof entry[key] === 'string' ? entry[key] : '')
  const pair = Buffer.from(text('auth'), 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  const username = text('username') || pair.slice(0, Math.max(0, colon))
  const password = text('password') || (colon === -1 ? '' : pair.slice(colon + 1))
  const identityToken = text('identitytoken')
  if (username === '' && identityToken === '') return undefined
  return { scope: scopeOf(server), username, password, ...(identityToken === '' ? {} : { identityToken }) }
}

/** Old clients wrote addresses of Docker's first API where a host is meant. */
function scopeOf(server: string): string {
  const scope = server
    .replace(/^https?:\/\//, '')
    .replace(/\/v[12]\/?$/, '')
    .replace(/\/+$/, '')
  return scope.replace(/^(index|registry-1)\.docker\.io(?=\/|$)/, 'docker.io')
}

/** The login that is meant most narrowly for this place. */
export function loginFor(logins: readonly RegistryLogin[], host: string, repository: string): RegistryLogin | undefined {
  const place = `${host}/${repository}`
  const fitting = logins.filter(({ scope }) => place === scope || place.startsWith(`${scope}/`))
  return fitting.toSorted((a, b) => b.scope.length - a.scope.length)[0]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
