// Lines of JSON out of pieces of a stream. A piece may hold half a line, many lines or half a character.

/** An object is at most 3 MiB on its way in; nobody honest sends a longer line than this. */
const longestLineChars = 32 * 1024 * 1024

/** One value for each line. A last line without its newline was cut off on the way, and is dropped. */
export async function* watchFrames(body: AsyncIterable<Uint8Array | string>): AsyncGenerator<unknown, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of body) {
    const text = typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true })
    // As our own server sends them.
    if (rest === '' && text !== '' && text.indexOf('\n') === text.length - 1) {
      if (text !== '\n') yield parse(text)
      continue
    }
    // Only the new piece is searched: a long line in many pieces costs its length once.
    const lastBreak = text.lastIndexOf('\n')
    if (lastBreak === -1) {
      rest += text
      if (rest.length > longestLineChars) throw new Error(`a watch event is longer than ${longestLineChars} characters`)
      continue
    }
    const lines = (rest + text.slice(0, lastBreak)).split('\n')
    rest = text.slice(lastBreak + 1)
    for (const line of lines) if (line.trim() !== '') yield parse(line)
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new Error('a watch event is not JSON', { cause })
  }
}
