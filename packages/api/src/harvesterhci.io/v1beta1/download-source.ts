/** 128 hexadecimal digits in lower case, as `sha512sum` prints them. */
export const isSha512 = (text: string): boolean => /^[a-f0-9]{128}$/.test(text)

const downloadSchemes = ['http:', 'https:', 'file:']

/** What is wrong with an address that something is to be downloaded from; undefined when nothing is. */
export function downloadUrlProblem(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null) return `"${text}" is no URL: give one such as https://download.example/image.qcow2`
  if (!downloadSchemes.includes(url.protocol))
    return `"${text}" begins with ${url.protocol}, which cannot be downloaded from: give a URL of http, https or file`
  return undefined
}
