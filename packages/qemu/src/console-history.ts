// What a late viewer of a serial console is shown first: the end of what the guest has printed. Pure.

/** A whole boot of a Linux guest with all its messages takes about half of it. */
export const consoleHistoryBytes = 64 * 1024

/**
 * By so many bytes the beginning of what came live is recognised in the log. More would find less: while a client does
 * not keep up, QEMU writes to the log twice what it had to send twice.
 */
const seamBytes = 64

/**
 * The history followed by what has come live. While the viewer connected, the guest may have printed `fresh` bytes: they
 * stand at the end of the log, and those that came after the connection also at the beginning of what came live.
 */
export function joinHistory(log: Buffer, fresh: number, live: Buffer): Buffer {
  let seam = Math.max(0, log.length - fresh)
  while (!isSeam(log.subarray(seam), live)) seam++
  return Buffer.concat([withoutQuestions(fromLineStart(log.subarray(0, seam), log.length)), live])
}

/** Of nothing it is true. What was logged since the connection has come live, so a few live bytes match as few of the log. */
function isSeam(logged: Buffer, live: Buffer): boolean {
  if (live.length < seamBytes && logged.length > live.length) return false
  const length = Math.min(seamBytes, logged.length, live.length)
  return logged.subarray(0, length).equals(live.subarray(0, length))
}

/** A log that was cut begins in the middle of a line, which may be the middle of a character or of a colour. */
function fromLineStart(log: Buffer, lengthRead: number): Buffer {
  if (lengthRead < consoleHistoryBytes) return log
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
