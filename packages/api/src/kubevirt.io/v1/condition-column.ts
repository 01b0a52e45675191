import { type ApiObject, type Column, type Condition, findCondition } from '../../meta/index.ts'

type WithConditions = ApiObject & { status?: { conditions?: Condition[] } }

/** A column that shows a condition's status: True, False, Unknown, or nothing while nobody has said. */
export function conditionColumn(name: string, type: string, priority: 0 | 1, description: string): Column<WithConditions> {
  return {
    name,
    type: 'string',
    description,
    priority,
    cell: (object) => findCondition(object.status?.conditions, type)?.status,
  }
}
