// The evaluator of expressions. It is loaded when the first rule is met: most servers never see one.

import type { CelEnv, CelInput, CelResult } from '@bufbuild/cel'
import { addressFunctions } from './functions/addresses.ts'
import { listFunctions } from './functions/lists.ts'
import { AllowanceSpent, type Cel, type Meter } from './functions/opaque.ts'
import { optionalFunctions } from './functions/optionals.ts'
import { patternFunctions } from './functions/patterns.ts'
import { quantityFunctions } from './functions/quantities.ts'
import { semverFunctions } from './functions/semver.ts'
import { urlFunctions } from './functions/urls.ts'
import { meteredLoops, tickName } from './metered-loops.ts'

type Parse = Cel['parse']
export type ParsedExpression = ReturnType<Parse>
export type Expression = NonNullable<ParsedExpression['expr']>
export type Bindings = Readonly<Record<string, CelInput>>
/** Throws AllowanceSpent. */
export type Evaluate = (bindings: Bindings, meter: Meter) => CelResult

export interface Engine {
  parse: Parse
  /** Makes an expression ready to be evaluated many times. It has been checked before. */
  plan(parsed: ParsedExpression): Evaluate
  /** Times and spans as the evaluator takes them. */
  timestamp(text: string): CelInput
  duration(text: string): CelInput
}

let loading: Promise<Engine> | undefined

export function loadEngine(): Promise<Engine> {
  loading ??= createEngine()
  return loading
}

async function createEngine(): Promise<Engine> {
  const [cel, { strings }, protobuf, wkt] = await Promise.all([
    import('@bufbuild/cel'),
    import('@bufbuild/cel/ext'),
    import('@bufbuild/protobuf'),
    import('@bufbuild/protobuf/wkt'),
  ])
  // An evaluation runs through without a pause: there is one at a time.
  let current: Meter | undefined
  const charge = (amount: number): void => current?.charge(amount)
  const env: CelEnv = cel.celEnv({
    funcs: [
      ...strings,
      cel.celFunc(tickName, [], cel.CelScalar.BOOL, () => {
        charge(1)
        return true
      }),
      ...patternFunctions(cel, charge),
      ...listFunctions(cel, charge),
      ...optionalFunctions(cel),
      ...quantityFunctions(cel),
      ...addressFunctions(cel),
      ...urlFunctions(cel),
      ...semverFunctions(cel),
    ],
  })
  return {
    parse: cel.parse,
    plan(parsed) {
      const evaluate = cel.plan(env, meteredLoops(parsed)) as (bindings: Bindings) => CelResult
      return (bindings, meter) => {
        current = meter
        try {
          const result = evaluate(bindings)
          // The evaluator takes what a function throws for a value like others, which `||` may hide.
          if (meter.isSpent) throw new AllowanceSpent()
          return result
        } finally {
          current = undefined
        }
      }
    },
    timestamp: (text) => wkt.timestampFromDate(new Date(text)),
    duration(text) {
      const ms = spanMs(text)
      const seconds = Math.trunc(ms / 1_000)
      return protobuf.create(wkt.DurationSchema, { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1_000) * 1e6) })
    },
  }
}

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 3.6e6,
  d: 8.64e7,
  w: 6.048e8,
}

/** A span of a form that the schema has checked. */
function spanMs(text: string): number {
  const parts = text.matchAll(/([\d.]+)\s?(ns|us|µs|ms|s|m|h|d|w)/g)
  const sum = [...parts].reduce((total, [, number = '0', unit = '']) => total + Number(number) * (unitMs[unit] ?? 0), 0)
  return text.startsWith('-') ? -sum : sum
}
