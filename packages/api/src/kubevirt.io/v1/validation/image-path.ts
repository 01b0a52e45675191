import type { FieldError } from '../../../meta/index.ts'
import { invalid, when } from './rule.ts'

/** A file inside a container image: absolute, and with nothing in it that leads elsewhere. */
export function validateImagePath(field: string, path: string): FieldError[] {
  if (path === '/') return [invalid(field, `${field} must not point to root`)]
  const isPlain = path.startsWith('/') && path.replace(/\/$/, '').slice(1).split('/').every(isName)
  return when(!isPlain, () => invalid(field, `${field} must be an absolute path to a file without relative components`))
}

const isName = (part: string): boolean => part !== '' && part !== '.' && part !== '..'
