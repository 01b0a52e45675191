// QEMU's `head,key=value` notation. A comma inside a value is written twice, so no file name can smuggle in an option.

export type OptionValue = string | number | boolean | undefined

/** `('disk', { id: 'a', size: 3, ro: true })` → `disk,id=a,size=3,ro=on`. An undefined value is left out. */
export function option(head: string, settings: Readonly<Record<string, OptionValue>> = {}): string {
  const written = Object.entries(settings).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${valueText(value)}`]))
  return [head, ...written].filter((part) => part !== '').join(',')
}

function valueText(value: Exclude<OptionValue, undefined>): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return String(value).replaceAll(',', ',,')
}
