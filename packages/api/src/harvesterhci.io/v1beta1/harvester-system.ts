/** Where Harvester keeps what concerns the platform and not its users: upgrades and all that belongs to them. */
export const harvesterSystemNamespace = 'harvester-system'

/** 128 hexadecimal digits in lower case, as `sha512sum` prints them. */
export const isSha512 = (text: string): boolean => /^[a-f0-9]{128}$/.test(text)

/** What a download may begin with. */
export const downloadSchemes = ['http:', 'https:', 'file:'] as const

/** What is wrong with an address that something is to be downloaded from; undefined when nothing is. */
export function downloadUrlProblem(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null) return `"${text}" is no URL: give one such as https://download.example/image.qcow2`
  if (!downloadSchemes.some((scheme) => scheme === url.protocol))
    return `"${text}" begins with ${url.protocol}, which cannot be downloaded from: give a URL of http, https or file`
  return undefined
}
