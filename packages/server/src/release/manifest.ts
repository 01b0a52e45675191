// The list of all that a release holds: one line a file, with its size and SHA-512. It is what is signed, so that one signature
// covers everything, and each file can be checked as it arrives.
//
//   sheaf-manifest 1
//   <sha512, hexadecimal> <bytes> <path>

export interface ManifestFile {
  /** Below the root of the release, with slashes. */
  path: string
  sizeBytes: number
  sha512: string
}

export class ManifestInvalid extends Error {}

const head = 'sheaf-manifest 1'
const line = /^([0-9a-f]{128}) (\d{1,15}) (.+)$/
/** A release has some hundred files; more is not one of ours. */
const mostFiles = 10_000

/** Sorted by path: the same files give the same text. */
export function manifestText(files: readonly ManifestFile[]): string {
  const sorted = files.toSorted((left, right) => (left.path < right.path ? -1 : 1))
  return [head, ...sorted.map(({ sha512, sizeBytes, path }) => `${sha512} ${sizeBytes} ${path}`), ''].join('\n')
}

/** Throws ManifestInvalid, with the reason. */
export function parseManifest(text: string): ManifestFile[] {
  const [first, ...lines] = text.split('\n')
  if (first !== head) throw new ManifestInvalid(`a manifest begins with "${head}"`)
  if (lines.pop() !== '') throw new ManifestInvalid('the manifest ends in the middle of a line')
  if (lines.length > mostFiles) throw new ManifestInvalid(`the manifest names more than ${mostFiles} files`)
  const files = lines.map(parseLine)
  if (new Set(files.map(({ path }) => path)).size < files.length) throw new ManifestInvalid('the manifest names a file twice')
  return files
}

function parseLine(text: string): ManifestFile {
  const [, sha512, sizeBytes, path] = line.exec(text) ?? []
  if (sha512 === undefined || path === undefined || !isInside(path))
    throw new ManifestInvalid(`the manifest has a line that names no file: ${JSON.stringify(text.slice(0, 200))}`)
  return { path, sizeBytes: Number(sizeBytes), sha512 }
}

/** Relative, and without a way out. */
function isInside(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !path.includes('\\')
}
