// The difference of two texts as `patch` and `git apply` read it.

/** Unchanged lines around a change. Three is what everybody's tools expect. */
const contextLines = 3
/** How far to look for the next line that both have. Our changes are a few lines each. */
const maxLookahead = 64

interface Line {
  mark: ' ' | '-' | '+'
  text: string
  /** How many lines of the old and of the new text stand before it. */
  before: number
  after: number
}

/** Empty if the texts are the same. */
export function unifiedDiff(name: string, before: string, after: string): string {
  if (before === after) return ''
  const lines = compare(linesOf(before), linesOf(after))
  return [`--- a/${name}\n`, `+++ b/${name}\n`, ...hunks(lines).map((hunk) => hunkText(lines, hunk))].join('')
}

/** With their line ends, so that only the last may lack one. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function compare(before: readonly string[], after: readonly string[]): Line[] {
  const lines: Line[] = []
  let [i, j] = [0, 0]
  const add = (mark: Line['mark'], text: string | undefined) => {
    lines.push({ mark, text: text ?? '', before: i, after: j })
    if (mark !== '+') i += 1
    if (mark !== '-') j += 1
  }
  while (i < before.length || j < after.length) {
    if (i < before.length && before[i] === after[j]) {
      add(' ', before[i])
      continue
    }
    const [gone, come] = nextCommon(before, after, i, j)
    for (const text of before.slice(i, i + gone)) add('-', text)
    for (const text of after.slice(j, j + come)) add('+', text)
  }
  return lines
}

/** How many lines went and came before both go on with the same one. */
function nextCommon(before: readonly string[], after: readonly string[], i: number, j: number): [number, number] {
  for (let distance = 1; distance <= maxLookahead; distance += 1) {
    for (let come = Math.floor(distance / 2); come >= 0; come -= 1) {
      for (const [a, b] of [
        [distance - come, come],
        [come, distance - come],
      ] as const) {
        if (i + a < before.length && before[i + a] === after[j + b]) return [a, b]
      }
    }
  }
  return [before.length - i, after.length - j]
}

/** Ranges of lines around changes; those that touch are one. */
function hunks(lines: readonly Line[]): [number, number][] {
  const found: [number, number][] = []
  for (const [index, { mark }] of lines.entries()) {
    if (mark === ' ') continue
    const start = Math.max(0, index - contextLines)
    const end = Math.min(lines.length, index + contextLines + 1)
    const last = found.at(-1)
    if (last !== undefined && start <= last[1]) last[1] = end
    else found.push([start, end])
  }
  return found
}

function hunkText(all: readonly Line[], [start, end]: readonly [number, number]): string {
  const lines = all.slice(start, end)
  const side = (mark: '-' | '+', linesAbove = 0) => {
    const length = lines.filter((line) => line.mark === ' ' || line.mark === mark).length
    // An empty side is named by the line before it.
    return `${mark}${linesAbove + (length === 0 ? 0 : 1)},${length}`
  }
  const body = lines.map(({ mark, text }) =>
    text.endsWith('\n') ? `${mark}${text}` : `${mark}${text}\n\\ No newline at end of file\n`,
  )
  return `@@ ${side('-', lines[0]?.before)} ${side('+', lines[0]?.after)} @@\n${body.join('')}`
}
