// Every deprecated field that people write, in one list; spec.running first.

import type { DeprecationRule } from './deprecation-rule.ts'
import { apiVersionRules, presetRule } from './rules/api-versions.ts'
import { dataVolumeTemplateRules } from './rules/data-volume-templates.ts'
import { floppyRule, macvtapRule, passtRule, slirpRule } from './rules/devices.ts'
import { instanceTypeRules } from './rules/instance-types.ts'
import { markRules } from './rules/marks.ts'
import { runningRule } from './rules/running.ts'

export const deprecationRules: readonly DeprecationRule[] = [
  runningRule,
  slirpRule,
  macvtapRule,
  passtRule,
  floppyRule,
  presetRule,
  ...apiVersionRules,
  ...instanceTypeRules,
  ...dataVolumeTemplateRules,
  ...markRules,
]
