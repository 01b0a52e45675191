/** `0000:81:01.0`: domain, bus, slot and function. */
export function isPciAddress(text: string): boolean {
  return /^[0-9A-Fa-f]{4}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7]$/.test(text)
}
