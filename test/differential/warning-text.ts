/** The text of `299 - "text"`. */
export function warningText(header: string): string {
  return header
    .replace(/^299 - "/, '')
    .replace(/"$/, '')
    .replaceAll('\\"', '"')
    .replaceAll('\\\\', '\\')
}
