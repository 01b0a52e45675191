// A rewrite in a line: `VirtualMachine shop/web: spec.running: true → spec.runStrategy: Always`.

import { type Deprecation, type PathEdit, pathText } from '@sheaf/api'

export function objectName({ kind, namespace, name }: Deprecation['object']): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
}

export function changeText({ rewrite, value }: Deprecation): string {
  return rewrite.certain ? rewrite.edits.map((edit) => editText(edit, textOf(value))).join(', ') : ''
}

function editText(edit: PathEdit, before: string): string {
  const from = `${pathText(edit.path)}: ${before} →`
  if (edit.op === 'delete') return `${from} deleted`
  const after = textOf(edit.value)
  return edit.op === 'set' ? `${from} ${after}` : `${from} ${pathText([...edit.path.slice(0, -1), edit.key])}: ${after}`
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
