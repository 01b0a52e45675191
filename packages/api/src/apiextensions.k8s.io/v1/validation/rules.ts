// What can be said about the rules of a schema without reading the expressions themselves. Pure.

import { type FieldError, invalid, type JsonSchema, notSupported, required, type ValidationRule } from '../../../meta/index.ts'
import { schemaAt } from './selectable-fields.ts'

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

export function ruleErrors(schema: JsonSchema, path: string): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
    oneRuleErrors(rule, schema, `${path}.x-kubernetes-validations[${index}]`),
  )
}

const hasLineBreak = (text: string): boolean => /[\n\r]/.test(text)
const isBlank = (text: string | undefined): boolean => text !== undefined && text !== '' && text.trim() === ''

function oneRuleErrors(rule: ValidationRule, schema: JsonSchema, path: string): FieldError[] {
  const { message, messageExpression, reason, fieldPath } = rule
  return [
    ...textErrors(rule, path),
    ...(isBlank(messageExpression)
      ? [required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified')]
      : []),
    ...(isBlank(message) ? [invalid(`${path}.message`, message, 'must be non-empty if specified')] : []),
    ...(reason === undefined || reasons.includes(reason) ? [] : [notSupported(`${path}.reason`, reason, reasons)]),
    ...fieldPathErrors(fieldPath, schema, `${path}.fieldPath`),
  ]
}

function textErrors({ rule = '', message = '' }: Partial<ValidationRule>, path: string): FieldError[] {
  if (rule.trim() === '') return [required(`${path}.rule`, 'rule is not specified')]
  if (hasLineBreak(message.trim())) return [invalid(`${path}.message`, message, 'must not contain line breaks')]
  if (!hasLineBreak(rule.trim()) || message.trim() !== '') return []
  return [required(`${path}.message`, 'message must be specified if rule contains line breaks')]
}

function fieldPathErrors(fieldPath: string | undefined, schema: JsonSchema, path: string): FieldError[] {
  if (fieldPath === undefined || fieldPath === '') return []
  if (isBlank(fieldPath)) return [invalid(path, fieldPath, 'must be non-empty if specified')]
  if (hasLineBreak(fieldPath)) return [invalid(path, fieldPath, 'must not contain line breaks')]
  // A path through a map is told by its key in brackets, which any key is right for.
  const isThere = fieldPath.includes('[') || schemaAt(schema, fieldPath) !== undefined
  return isThere ? [] : [invalid(path, fieldPath, 'must be a valid path')]
}
