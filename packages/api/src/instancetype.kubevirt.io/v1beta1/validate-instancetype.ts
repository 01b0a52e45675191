// KubeVirt's rules for the spec of an instance type. The schema has been checked before.

import { invalid, when } from '../../kubevirt.io/v1/validation/rule.ts'
import type { FieldError } from '../../meta/index.ts'
import type { InstancetypeSpec } from './virtual-machine-instancetype.ts'

export function validateInstancetype({ memory }: InstancetypeSpec): FieldError[] {
  const field = 'spec.memory.overcommitPercent'
  // Huge pages are set aside whole: there is nothing to share.
  return when((memory.overcommitPercent ?? 0) !== 0 && memory.hugepages !== undefined, () =>
    invalid(field, `${field} and spec.memory.hugepages should not be requested together.`),
  )
}
