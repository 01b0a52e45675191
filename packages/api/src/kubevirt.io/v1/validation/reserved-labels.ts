import type { FieldError } from '../../../meta/index.ts'
import type { AdmissionPolicy } from '../admission-policy.ts'
import { notSupported, when } from './rule.ts'

/** Labels by which controllers know their own. */
const reserved = ['created-by', 'migrationJobUID', 'nodeName', 'migrationTargetNodeName', 'schedulable', 'install-strategy']

export function validateLabels(
  path: string,
  labels: Readonly<Record<string, string>> | undefined,
  policy: AdmissionPolicy,
): FieldError[] {
  const isReserved = reserved.some((name) => labels?.[`kubevirt.io/${name}`] !== undefined)
  return when(isReserved && !policy.writerIsController, () =>
    notSupported(`${path}.labels`, 'creation of the following reserved kubevirt.io/ labels on a VMI object is prohibited'),
  )
}
