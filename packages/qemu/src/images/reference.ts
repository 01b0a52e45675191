// How images are named, by the rules of registries: `debian` is `docker.io/library/debian:latest`.

export interface ImageReference {
  /** With its port, if it names one: `registry.example:5000`. */
  host: string
  /** Without the host: `library/debian`. */
  repository: string
  /** What is asked for: a tag, which may move, or a digest, which cannot. */
  version: { kind: 'tag'; tag: string } | { kind: 'digest'; digest: string }
}

export class InvalidReference extends Error {
  constructor(text: string, why: string) {
    super(`"${text}" is not the name of an image: ${why}; write it as host/repository:tag or host/repository@sha256:…`)
    this.name = 'InvalidReference'
  }
}

const defaultHost = 'docker.io'
const defaultTag = 'latest'
/** As registries limit it: host and repository together. */
const longestName = 255

const hostShape = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$/i
const repositoryShape = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const tagShape = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/
export const digestShape = /^sha256:[0-9a-f]{64}$/

/** Throws InvalidReference. */
export function parseReference(text: string): ImageReference {
  const [named = '', digest, ...more] = text.split('@')
  if (more.length > 0) throw new InvalidReference(text, 'it names two digests')
  const { host, rest } = splitHost(named)
  // A colon after the last slash begins the tag; one before it belongs to a port.
  const colon = rest.indexOf(':')
  const path = colon === -1 ? rest : rest.slice(0, colon)
  const tag = colon === -1 ? undefined : rest.slice(colon + 1)
  const repository = host === defaultHost && !path.includes('/') ? `library/${path}` : path
  if (!hostShape.test(host)) throw new InvalidReference(text, `"${host}" is no host`)
  if (!repositoryShape.test(repository))
    throw new InvalidReference(text, `"${path}" is no repository, which has lower-case letters, digits and single . _ - inside`)
  if (host.length + 1 + repository.length > longestName) throw new InvalidReference(text, `it is longer than ${longestName}`)
  if (tag !== undefined && !tagShape.test(tag)) throw new InvalidReference(text, `"${tag}" is no tag`)
  if (digest === undefined) return { host, repository, version: { kind: 'tag', tag: tag ?? defaultTag } }
  if (!digestShape.test(digest)) throw new InvalidReference(text, `"${digest}" is no digest of 64 lower-case hexadecimal digits`)
  return { host, repository, version: { kind: 'digest', digest } }
}

/** The first part is a host when it could be nothing else. */
function splitHost(named: string): { host: string; rest: string } {
  const slash = named.indexOf('/')
  const first = named.slice(0, Math.max(0, slash))
  const isHost = slash > 0 && (/[.:A-Z]/.test(first) || first === 'localhost')
  if (!isHost) return { host: defaultHost, rest: named }
  const host = first.toLowerCase()
  return { host: host === 'index.docker.io' ? defaultHost : host, rest: named.slice(slash + 1) }
}

/** The one way to write it. */
export function referenceText({ host, repository, version }: ImageReference): string {
  return `${host}/${repository}${version.kind === 'tag' ? `:${version.tag}` : `@${version.digest}`}`
}
