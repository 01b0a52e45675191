import { type FieldError, invalid, type JsonSchema } from '@sheaf/api/meta'
import { patternFinding } from './pattern.ts'
import { visitSchemas } from './visit-schemas.ts'

/** Patterns of a schema that are none. */
export function patternFindings(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = []
  visitSchemas(schema, path, ({ pattern }, at) => {
    const finding = pattern === undefined ? undefined : patternFinding(pattern)
    const why = `must be a valid regular expression, but isn't: ${finding}`
    if (pattern !== undefined && finding !== undefined) errors.push(invalid(`${at}.pattern`, pattern, why))
  })
  return errors
}
