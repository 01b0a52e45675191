/** An error and its causes in one line: what we were doing, then what happened: `start vm1: connect qmp: ECONNREFUSED`. */
export function errorChain(error: unknown): string {
  const texts: string[] = []
  for (let link: unknown = error; link !== undefined && texts.length < deepestChain; ) {
    texts.push(link instanceof Error ? link.message || link.name : shown(link))
    link = link instanceof Error ? link.cause : undefined
  }
  return texts.join(': ')
}

function shown(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? 'undefined')
}

/** Enough for every layer there is; a chain that loops ends here. */
const deepestChain = 10
