import type { CelResult } from '@bufbuild/cel'

export type { CelResult } from '@bufbuild/cel'

/** Told by what it is, so that the evaluator need not be loaded to ask. */
export function isCelError(result: CelResult): result is Extract<CelResult, Error> {
  return result instanceof Error
}
