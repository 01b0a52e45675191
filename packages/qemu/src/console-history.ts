// What a late viewer of a serial console is shown first: the end of what the guest has printed. Pure.

/** A whole boot of a Linux guest with all its messages takes about half of it. */
export const consoleHistoryBytes = 64 * 1024

/**
 * The history followed by what has come live. Between looking at the log and connecting, the guest may have printed
 * `fresh` bytes, of which some stand at the end of the log and at the beginning of what came live: they are shown once.
 */
export function joinHistory(log: Buffer, fresh: number, live: Buffer): Buffer {
  let overlap = Math.min(fresh, log.length, live.length)
  while (overlap > 0 && !log.subarray(log.length - overlap).equals(live.subarray(0, overlap))) overlap--
  return Buffer.concat([withoutQuestions(fromLineStart(log)), live.subarray(overlap)])
}

/** A log that was cut begins in the middle of a line, which may be the middle of a character or of a colour. */
function fromLineStart(log: Buffer): Buffer {
  if (log.length < consoleHistoryBytes) return log
  return log.subarray(log.indexOf('\n') + 1)
}

/**
 * Escape sequences by which a guest asks its terminal something: who are you, where is the cursor, what is your colour.
 * The guest has had its answers long ago; a terminal that is shown them again would type new ones into the guest.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const questions = /\x1b(?:Z|\[[?>=]?[\d;]*[cn]|\[[\d;]*[xt]|\[[\d?;]*\$p|\][\d;]+;\?(?:\x07|\x1b\\)|P[+$]q[^\x1b]*\x1b\\)/g

function withoutQuestions(log: Buffer): Buffer {
  return Buffer.from(log.toString('latin1').replace(questions, ''), 'latin1')
}
