// Counts the turns of an expression's loops, which are all that can make it long: the condition of each loop calls a
// function first, which knows how many turns are left.

import type { Expression, ParsedExpression } from './engine.ts'

export const tickName = '@tick'

/** The same expression, counted. The given one is changed: nobody else holds it. */
export function meteredLoops(parsed: ParsedExpression): ParsedExpression {
  if (parsed.expr !== undefined) visit(parsed.expr)
  return parsed
}

function visit(expr: Expression): void {
  const { exprKind: node } = expr
  switch (node.case) {
    case 'selectExpr':
      return visitAll([node.value.operand])
    case 'callExpr':
      return visitAll([node.value.target, ...node.value.args])
    case 'listExpr':
      return visitAll(node.value.elements)
    case 'structExpr':
      for (const { keyKind, value } of node.value.entries)
        visitAll([keyKind.case === 'mapKey' ? keyKind.value : undefined, value])
      return
    case 'comprehensionExpr': {
      const loop = node.value
      visitAll([loop.iterRange, loop.accuInit, loop.loopCondition, loop.loopStep, loop.result])
      if (loop.loopCondition !== undefined) loop.loopCondition = counted(loop.loopCondition)
      return
    }
    default:
    // A name, or a value: there is nothing in it.
  }
}

function visitAll(expressions: readonly (Expression | undefined)[]): void {
  for (const each of expressions) if (each !== undefined) visit(each)
}

function counted(condition: Expression): Expression {
  const call = (name: string, args: Expression[]): Expression => ({
    ...condition,
    exprKind: { case: 'callExpr', value: { $typeName: 'cel.expr.Expr.Call', function: name, args } },
  })
  return call('_&&_', [call(tickName, []), condition])
}
