// From kubeconfig files to a server and who speaks to it. Several files are one, as for kubectl: of what two of them say,
// the first holds.

import { dirname, resolve } from 'node:path'
import { isJsonObject, type Json, type JsonObject } from '@sheaf/api/meta'
import { parse } from 'yaml'

/** How a server is reached, and as whom. */
export interface Access {
  server: URL
  /** Whom to trust; undefined: the authorities that this machine knows. */
  authorityPem: string | undefined
  /** True when the person asked not to look whom it speaks to. */
  trustsAnybody: boolean
  /** The name in the server's certificate, where it is another than in its address. */
  serverName: string | undefined
  /** The whole header. */
  authorization: string | undefined
  certificatePem: string | undefined
  keyPem: string | undefined
  /** Of the context. */
  namespace: string
  context: string
}

export interface KubeconfigFile {
  path: string
  text: string
}

/** Why the files lead to no server; `message` says what would. */
export class KubeconfigUnusable extends Error {}

/** `read` gives the text of a file that the kubeconfig names. Without `context`, the current one. */
export function accessOf(files: readonly KubeconfigFile[], context: string | undefined, read: (path: string) => string): Access {
  const merged = merge(files)
  const name = context ?? merged.currentContext
  if (name === undefined)
    throw new KubeconfigUnusable(`it has no current-context. Name one with --context: ${namesOf(merged.contexts)}`)
  const chosen = named(merged.contexts, name, 'context')
  const cluster = named(merged.clusters, textIn(chosen, 'cluster') ?? '', 'cluster')
  const userName = textIn(chosen, 'user') ?? ''
  const user = userName === '' ? { value: {}, folder: '' } : named(merged.users, userName, 'user')
  refuseWhatIsNotDone(userName, user, cluster)
  return {
    server: serverOf(cluster),
    authorityPem: pemIn(cluster, 'certificate-authority', read),
    trustsAnybody: cluster.value['insecure-skip-tls-verify'] === true,
    serverName: textIn(cluster, 'tls-server-name'),
    authorization: authorizationOf(user, read),
    certificatePem: pemIn(user, 'client-certificate', read),
    keyPem: pemIn(user, 'client-key', read),
    namespace: textIn(chosen, 'namespace') ?? 'default',
    context: name,
  }
}

/** A part of a kubeconfig, and the folder that its paths begin at. */
interface Part {
  value: JsonObject
  folder: string
}
type Parts = ReadonlyMap<string, Part>

interface Merged {
  currentContext: string | undefined
  contexts: Parts
  clusters: Parts
  users: Parts
}

function merge(files: readonly KubeconfigFile[]): Merged {
  const roots = files.map(({ path, text }) => ({ value: rootOf(path, text), folder: dirname(path) }))
  return {
    currentContext: roots.map((root) => textIn(root, 'current-context')).find((name) => name !== undefined),
    contexts: partsOf(roots, 'contexts', 'context'),
    clusters: partsOf(roots, 'clusters', 'cluster'),
    users: partsOf(roots, 'users', 'user'),
  }
}

function rootOf(path: string, text: string): JsonObject {
  let value: Json
  try {
    value = parse(text) as Json
  } catch (error) {
    throw new KubeconfigUnusable(`${path} is no YAML: ${(error as Error).message}`)
  }
  // As kubectl takes it: an empty file is a kubeconfig that says nothing.
  if (value === null) return {}
  if (!isJsonObject(value)) throw new KubeconfigUnusable(`${path} is no kubeconfig: it holds no fields`)
  return value
}

function partsOf(roots: readonly Part[], list: string, key: string): Parts {
  const parts = new Map<string, Part>()
  for (const { value, folder } of roots) {
    const entries = value[list]
    for (const entry of Array.isArray(entries) ? entries : []) {
      if (!isJsonObject(entry) || typeof entry['name'] !== 'string' || parts.has(entry['name'])) continue
      const inner = entry[key]
      parts.set(entry['name'], { value: isJsonObject(inner) ? inner : {}, folder })
    }
  }
  return parts
}

function named(parts: Parts, name: string, what: string): Part {
  const part = parts.get(name)
  if (part === undefined) throw new KubeconfigUnusable(`it has no ${what} "${name}". It has: ${namesOf(parts)}`)
  return part
}

const namesOf = (parts: Parts): string => [...parts.keys()].join(', ') || 'none'

/** Somebody else's program would be run, or somebody else's name used: not without being told how. */
function refuseWhatIsNotDone(name: string, user: Part, cluster: Part): void {
  const instead =
    'Make a kubeconfig whose user has a token, for example of: kubectl create token SERVICEACCOUNT -n NAMESPACE; or go through: kubectl proxy'
  const { exec } = user.value
  if (isJsonObject(exec)) {
    const command = typeof exec['command'] === 'string' ? exec['command'] : 'a program'
    throw new KubeconfigUnusable(`its user "${name}" signs in by running ${command} (exec), which sheaf does not do. ${instead}`)
  }
  if (user.value['auth-provider'] !== undefined)
    throw new KubeconfigUnusable(`its user "${name}" signs in by an auth-provider, which sheaf does not know. ${instead}`)
  if (user.value['as'] !== undefined)
    throw new KubeconfigUnusable(`its user "${name}" acts as somebody else (as), which sheaf does not do. ${instead}`)
  if (cluster.value['proxy-url'] !== undefined)
    throw new KubeconfigUnusable(`its server is reached through a proxy (proxy-url), which sheaf does not do. ${instead}`)
}

function serverOf(cluster: Part): URL {
  const text = textIn(cluster, 'server') ?? ''
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new KubeconfigUnusable(`its server "${text}" is no address such as https://127.0.0.1:6443`)
  return new URL(text)
}

function authorizationOf(user: Part, read: (path: string) => string): string | undefined {
  const file = textIn(user, 'tokenFile')
  const token = file === undefined ? textIn(user, 'token') : read(resolve(user.folder, file)).trim()
  if (token !== undefined) return `Bearer ${token}`
  const [name, password] = [textIn(user, 'username'), textIn(user, 'password')]
  return name === undefined ? undefined : `Basic ${Buffer.from(`${name}:${password ?? ''}`).toString('base64')}`
}

/** Either the text itself, as base64, or a file that holds it; the text goes before the file. */
function pemIn(part: Part, key: string, read: (path: string) => string): string | undefined {
  const data = textIn(part, `${key}-data`)
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8')
  const file = textIn(part, key)
  return file === undefined ? undefined : read(resolve(part.folder, file))
}

function textIn({ value }: Part, key: string): string | undefined {
  const text = value[key]
  return typeof text === 'string' && text !== '' ? text : undefined
}
