// What a client is ready to take, from an `Accept` or `Accept-Encoding` header.

import { remembered } from '../remembered.ts'

export interface AcceptedType {
  /** Lower case, without parameters. */
  type: string
  parameters: Readonly<Record<string, string>>
}

/** Clients name about ten; a header of megabytes is not sorted. */
const maxTypes = 64

/** The most wanted first, in the order given among equals; what is excluded with `q=0` is left out. */
export function acceptedTypes(header: string | undefined): readonly AcceptedType[] {
  return readTypes(header === undefined || header.trim() === '' ? '*/*' : header)
}

const mostHeaders = 64

const readTypes = remembered(mostHeaders, (text): readonly AcceptedType[] => {
  const listed = text.split(',', maxTypes).map((item) => {
    const [type = '', ...rest] = item.split(';').map((part) => part.trim())
    const parameters = Object.fromEntries(rest.map(splitParameter))
    return { type: type.toLowerCase(), parameters, weight: Number(parameters.q ?? 1) }
  })
  return listed.filter(({ type, weight }) => type !== '' && weight > 0).sort((a, b) => b.weight - a.weight)
})

function splitParameter(part: string): [name: string, value: string] {
  const [name = '', value = ''] = part.split('=', 2)
  return [name.trim().toLowerCase(), value.trim()]
}
