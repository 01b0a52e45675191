import { bytesOf, type FieldError, formatQuantity, parseQuantity, type QuantityText } from '../../../meta/index.ts'
import { invalid, required, type SpecRule, when } from './rule.ts'

/** Less than a megabyte is a forgotten unit. */
const minRequestBytes = 1_000_000

/** As Kubernetes prints a quantity; one that is absent prints as nothing, `0`. */
export function quantityText(quantity: QuantityText | undefined): string {
  const parsed = parseQuantity(quantity ?? 0)
  return parsed === undefined ? String(quantity) : formatQuantity(parsed)
}

const bytes = (quantity: QuantityText | undefined): number => bytesOf(quantity ?? 0) ?? 0

export const validateMemory: SpecRule = (path, spec) => {
  const { requests, limits } = spec.domain.resources ?? {}
  const requestField = `${path}.domain.resources.requests.memory`
  const limitField = `${path}.domain.resources.limits.memory`
  const [request, limit] = [bytes(requests?.memory), bytes(limits?.memory)]
  const [requestText, limitText] = [quantityText(requests?.memory), quantityText(limits?.memory)]
  return [
    ...when(request < 0, () => mustNotBeNegative(requestField, requestText)),
    ...when(request > 0 && request < minRequestBytes, () =>
      invalid(requestField, `${requestField} '${requestText}': must be greater than or equal to 1M.`),
    ),
    ...when(limit < 0, () => mustNotBeNegative(limitField, limitText)),
    ...when(limit > 0 && request > limit, () => exceedsLimit(requestField, requestText, limitField, limitText)),
    ...validateHugepages(path, spec),
    ...validateGuestMemory(path, spec),
  ]
}

export function mustNotBeNegative(field: string, text: string): FieldError {
  return invalid(field, `${field} '${text}': must be greater than or equal to 0.`)
}

export function exceedsLimit(field: string, text: string, limitField: string, limitText: string): FieldError {
  return invalid(field, `${field} '${text}' is greater than ${limitField} '${limitText}'`)
}

const validateHugepages = (path: string, spec: Parameters<SpecRule>[1]): FieldError[] => {
  const pageSize = spec.domain.memory?.hugepages?.pageSize
  if (spec.domain.memory?.hugepages === undefined) return []
  const sizeField = `${path}.domain.memory.hugepages.pageSize`
  const page = bytesOf(pageSize ?? '')
  if (page === undefined || page <= 0) {
    const form = `quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`
    return [invalid(sizeField, `${sizeField} '${pageSize ?? ''}': ${form}`)]
  }
  const { requests, limits } = spec.domain.resources ?? {}
  const memory = bytes(requests?.memory) || bytes(spec.domain.memory.guest) || bytes(limits?.memory)
  const field = `${path}.domain.resources.requests.memory`
  const named = `${field} '${quantityText(requests?.memory)}'`
  if (memory !== 0 && memory < page) {
    return [invalid(field, `${named} must be equal to or larger than page size ${sizeField} '${pageSize}'`)]
  }
  return when(memory % page !== 0, () => invalid(field, `${named} is not a multiple of the page size ${sizeField} '${pageSize}'`))
}

/** Nothing is plugged into a running guest here, so the limit binds what it starts with. */
const validateGuestMemory = (path: string, spec: Parameters<SpecRule>[1]): FieldError[] => {
  const guest = spec.domain.memory?.guest
  const limit = spec.domain.resources?.limits?.memory
  if (guest === undefined || bytes(limit) === 0 || bytes(limit) >= bytes(guest)) return []
  const field = `${path}.domain.memory.guest`
  const limitField = `${path}.domain.resources.limits.memory`
  const text = `${field} '${quantityText(guest)}' must be equal to or less than the memory limit ${limitField} '${quantityText(limit)}'`
  return [invalid(field, text)]
}

/** Instances only: a machine without memory is admitted, and fails to start. */
export const validateMemoryIsGiven: SpecRule = (path, { domain }) => {
  if (bytes(domain.resources?.requests?.memory) !== 0) return []
  if (domain.memory?.guest !== undefined || domain.memory?.hugepages !== undefined) return []
  const ways = [
    `${path}.domain.memory.guest`,
    `${path}.domain.memory.hugepages.pageSize`,
    `${path}.domain.resources.requests.memory`,
  ]
  return [required('', `no memory requested, at least one of '${ways[0]}', '${ways[1]}' or '${ways[2]}' must be set`)]
}
