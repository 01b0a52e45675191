// Which program it is, whatever its version: what tells one client from another for longer than its next release.

/** A name, not a manifesto: this goes into labels of metrics and columns of a terminal. */
const longestName = 64

/** What follows a name: after a blank any number, without one only what cannot be part of a name, as in `kubectl.1.33`. */
const versionAtEnd = /(?:\s+v?\d[\w.+-]*|[-_.]?v?\d+(?:\.\d+)+[\w.+-]*)\s*$/

/** `kubectl` of `kubectl/v1.32.5 (linux/amd64) kubernetes/9894294`, `my tool` of `my tool 1.2`. */
export function clientName(userAgent: string): string {
  const name = userAgent
    .replace(/[/(].*$/s, '')
    .replace(versionAtEnd, '')
    .replace(/[^\x20-\x7e]+/g, '?')
    .trim()
  return name.slice(0, longestName).trim() || 'unknown'
}
