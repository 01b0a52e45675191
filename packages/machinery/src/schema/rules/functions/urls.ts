// Addresses of the web: `url(self).getHost()`.

import type { CelFunc, CelMap } from '@bufbuild/cel'
import { type Cel, opaque, opaqueType, opened } from './opaque.ts'

const kind = 'url'

export function urlFunctions(cel: Cel): CelFunc[] {
  const { celFunc, celMethod, CelScalar, listType, mapType } = cel
  const { STRING, BOOL } = CelScalar
  const type = opaqueType(cel)
  const part = (name: string, read: (url: URL) => string): CelFunc =>
    celMethod(name, type, [], STRING, function () {
      return read(urlOf(this))
    })
  return [
    celFunc('isURL', [STRING], BOOL, (text) => parse(text) !== undefined),
    celFunc('url', [STRING], type, (text) => {
      if (parse(text) === undefined)
        throw new Error(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`)
      return opaque(kind, text)
    }),
    part('getScheme', ({ protocol, origin }) => (origin === here ? '' : protocol.slice(0, -1))),
    part('getHost', (url) => (url.origin === here ? '' : url.host)),
    part('getHostname', (url) => (url.origin === here ? '' : url.hostname)),
    part('getPort', ({ port }) => port),
    part('getEscapedPath', ({ pathname }) => pathname),
    celMethod('getQuery', type, [], mapType(STRING, listType(STRING)), function () {
      const { searchParams } = urlOf(this)
      return new Map([...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name)]))
    }),
  ]
}

/** Stands for the missing beginning of a path; no address in the world begins so. */
const here = 'http://path.invalid'

function parse(text: string): URL | undefined {
  if (text.startsWith('/')) return URL.canParse(text, here) ? new URL(text, here) : undefined
  return /^[a-z][a-z0-9+.-]*:/i.test(text) && URL.canParse(text) ? new URL(text) : undefined
}

function urlOf(map: CelMap): URL {
  const url = parse(String(opened(map, kind)))
  if (url === undefined) throw new Error('no such overload: expected a URL')
  return url
}
