/** As many as kubectl shows of a list of endpoints. */
const mostShown = 3

export function firstFew(texts: readonly string[]): string {
  const shown = texts.slice(0, mostShown).join(',')
  return texts.length > mostShown ? `${shown} + ${texts.length - mostShown} more...` : shown
}
