// Kubernetes' numbers with a unit (`512Mi`, `2G`, `500m`, `1e3`), exact: counted in nano, in whole BigInts.

export interface Quantity {
  nano: bigint
  /** How it was written, and is written again. */
  format: 'BinarySI' | 'DecimalSI' | 'DecimalExponent'
}

/** How the API carries one. */
export type QuantityText = string | number

const nanoDigits = 9n
const one = 10n ** nanoDigits
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const

/** Kubernetes keeps quantities in an int64 and cuts off what is larger. */
const largest = (2n ** 63n - 1n) * one

/** More digits than this are no measure of anything, and BigInt would work on them for a long time. */
const maxLength = 64

const written = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d{1,3})?$/

/** The number; undefined when the text is not a quantity. Finer than nano is rounded away from zero. */
export function parseQuantity(text: QuantityText): Quantity | undefined {
  const source = typeof text === 'number' ? plainDigits(text) : text
  const match = source.length > maxLength ? null : written.exec(source)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', suffix = ''] = match
  if (whole === '' && fraction === '') return undefined
  const { format, numerator, denominator } = scaleOf(suffix)
  const magnitude = BigInt(whole + fraction) * numerator * one
  const nano = smaller(dividedUp(magnitude, denominator * 10n ** BigInt(fraction.length)), largest)
  return { nano: sign === '-' ? -nano : nano, format }
}

/** JSON numbers may print as `1e21`, whose exponent means the same to us. */
function plainDigits(value: number): string {
  return Number.isFinite(value) ? String(value) : ''
}

function scaleOf(suffix: string): { format: Quantity['format']; numerator: bigint; denominator: bigint } {
  const binary = binarySuffixes.findIndex((each) => each === suffix)
  if (binary > 0) return { format: 'BinarySI', numerator: 1024n ** BigInt(binary), denominator: 1n }
  const decimal = decimalSuffixes.findIndex((each) => each === suffix)
  const exponent = decimal === -1 ? Number(suffix.slice(1)) : (decimal - 3) * 3
  const scale = 10n ** BigInt(Math.abs(exponent))
  return {
    format: decimal === -1 ? 'DecimalExponent' : 'DecimalSI',
    numerator: exponent < 0 ? 1n : scale,
    denominator: exponent < 0 ? scale : 1n,
  }
}

function dividedUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right
}

/** The canonical text: no fraction, the largest unit that keeps the number whole. */
export function formatQuantity(quantity: Quantity): string {
  const { nano, format } = quantity
  if (nano === 0n) return '0'
  const magnitude = nano < 0n ? -nano : nano
  const sign = nano < 0n ? '-' : ''
  // Below 1024, and where a fraction is left, binary units would round.
  const isBinary = format === 'BinarySI' && magnitude >= 1024n * one && magnitude % one === 0n
  if (isBinary) return sign + inLargestUnit(magnitude / one, 1024n, binarySuffixes)
  if (format !== 'DecimalExponent') return sign + inLargestUnit(magnitude, 1000n, decimalSuffixes)
  const exponents = decimalSuffixes.map((_, index) => (index === 3 ? '' : `e${(index - 3) * 3}`))
  return sign + inLargestUnit(magnitude, 1000n, exponents)
}

function inLargestUnit(magnitude: bigint, step: bigint, units: readonly string[]): string {
  let number = magnitude
  let unit = 0
  for (; unit < units.length - 1 && number % step === 0n; unit++) number /= step
  return `${number}${units[unit] ?? ''}`
}

/** Negative, zero or positive, as for `sort`. */
export function compareQuantities(left: Quantity, right: Quantity): number {
  return left.nano < right.nano ? -1 : left.nano > right.nano ? 1 : 0
}

/** Of a text that the schema has taken for a quantity. */
export function nanoOf(text: QuantityText): bigint {
  return parseQuantity(text)?.nano ?? 0n
}

/** Whole bytes, rounded up; undefined when the text is not a quantity or more than a number can count exactly. */
export function bytesOf(text: QuantityText): number | undefined {
  return counted(text, one)
}

/** Thousandths, rounded up: what CPU is counted in. */
export function milliOf(text: QuantityText): number | undefined {
  return counted(text, one / 1000n)
}

function counted(text: QuantityText, unit: bigint): number | undefined {
  const quantity = parseQuantity(text)
  if (quantity === undefined) return undefined
  const count = Number(quantity.nano < 0n ? quantity.nano / unit : dividedUp(quantity.nano, unit))
  return Number.isSafeInteger(count) ? count : undefined
}
