// How a command that takes its time tells how far it is: on a terminal in one line that changes, elsewhere in lines of their own,
// each thing once.

export interface Teller {
  progress(text: string): void
  /** The line that changes is over. */
  end(): void
}

export function createTeller(stream: NodeJS.WriteStream = process.stderr, isQuiet = false): Teller {
  let said = ''
  return {
    progress(text) {
      if (text === said || isQuiet) return
      if (stream.isTTY) stream.write(`\r\u001b[K${text.slice(0, Math.max(20, (stream.columns || 80) - 1))}`)
      else if (withoutNumbers(text) !== withoutNumbers(said)) stream.write(`${text}\n`)
      said = text
    },
    end() {
      if (said !== '' && stream.isTTY && !isQuiet) stream.write('\n')
      said = ''
    },
  }
}

/** In a log every percent would be a line. */
const withoutNumbers = (text: string): string => text.replaceAll(/\d+/g, '')

export const percent = (done: number, of: number): string => `${Math.floor((100 * done) / Math.max(1, of))} %`
