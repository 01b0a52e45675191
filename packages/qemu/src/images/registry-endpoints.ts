// Where the images of a host are asked for: its mirrors first, then itself; and by which protocol.

export interface RegistrySettings {
  /** Hosts that are spoken to without encryption, beside this machine itself. */
  insecureHosts: readonly string[]
  /** Hosts to ask before a registry, such as `docker.io` → `mirror.example:5000`. */
  mirrors: Readonly<Record<string, readonly string[]>>
}

export interface Endpoint {
  /** As it stands in references and logins. */
  host: string
  /** Without a slash at the end: `https://registry-1.docker.io`. */
  url: string
  isInsecure: boolean
}

/** The name in references is not where Docker's registry listens. */
const listensElsewhere: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' }

export function endpointsOf(host: string, settings: RegistrySettings): Endpoint[] {
  return [...(settings.mirrors[host] ?? []), host].map((each) => endpointOf(each, settings))
}

function endpointOf(host: string, { insecureHosts }: RegistrySettings): Endpoint {
  const isInsecure = insecureHosts.includes(host) || (isLoopback(host) && !host.endsWith(':443'))
  return { host, url: `${isInsecure ? 'http' : 'https'}://${listensElsewhere[host] ?? host}`, isInsecure }
}

/** What is said to this machine itself passes no wire that anybody could listen on. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '')
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(name)
}
