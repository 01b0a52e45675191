import { type ApiObject, ageColumn, type Column } from '../../meta/index.ts'

type WithReplicas = ApiObject & {
  spec: { replicas?: number }
  status?: { replicas?: number; readyReplicas?: number }
}

/** What `kubectl get` shows of a set of machines; `members` is what they are called. */
export function replicaColumns(members: string): Column<WithReplicas>[] {
  return [
    {
      name: 'Desired',
      type: 'integer',
      description: `How many ${members} there are to be.`,
      priority: 0,
      cell: ({ spec }) => spec.replicas,
    },
    {
      name: 'Current',
      type: 'integer',
      description: `How many ${members} there are.`,
      priority: 0,
      cell: ({ status }) => status?.replicas,
    },
    {
      name: 'Ready',
      type: 'integer',
      description: `How many of the ${members} run and can be used.`,
      priority: 0,
      cell: ({ status }) => status?.readyReplicas,
    },
    ageColumn,
  ]
}
