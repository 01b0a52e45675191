// The door of this part of the room.

export { defaultFindings } from './default-findings.ts'
export { unknownFormats } from './formats.ts'
export { patternFindings } from './pattern-findings.ts'
export { ruleFindings } from './rules/rule-findings.ts'
