// What the two Kinds of binding have in common: to whom, and which role. Pure.

import type { IoK8sApiRbacV1RoleRef, IoK8sApiRbacV1Subject } from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import {
  type ApiObject,
  ageColumn,
  type Column,
  dnsSubdomainFinding,
  type FieldError,
  invalid,
  notSupported,
  required,
  sameJson,
} from '../../meta/index.ts'
import { rbacGroup } from './policy-rule.ts'

export type RoleRef = IoK8sApiRbacV1RoleRef
export type Subject = IoK8sApiRbacV1Subject

export interface Binding extends ApiObject {
  subjects?: Subject[]
  roleRef: RoleRef
}

/** The words of names may be left out of a manifest. */
export function defaultBinding({ roleRef, subjects = [] }: Binding): void {
  if (roleRef !== undefined) roleRef.apiGroup ||= rbacGroup
  for (const subject of subjects) if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= rbacGroup
}

export function validateBinding(
  binding: Binding,
  old: Binding | undefined,
  rules: { roleKinds: readonly string[]; isNamespaced: boolean },
): FieldError[] {
  const { roleRef, subjects = [] } = binding
  return [
    ...validateRoleRef(roleRef, rules.roleKinds),
    ...subjects.flatMap((subject, index) => validateSubject(subject, `subjects[${index}]`, rules.isNamespaced)),
    ...(old === undefined || sameJson(old.roleRef, roleRef) ? [] : [invalid('roleRef', roleRef, 'cannot change roleRef')]),
  ]
}

function validateRoleRef({ apiGroup, kind, name }: RoleRef, kinds: readonly string[]): FieldError[] {
  return [
    ...(apiGroup === rbacGroup ? [] : [notSupported('roleRef.apiGroup', apiGroup, [rbacGroup])]),
    ...(kinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, kinds)]),
    ...validateName('roleRef.name', name),
  ]
}

/** A name that stands in a path: colons are usual in it. */
function validateName(field: string, name: string): FieldError[] {
  if (name === '') return [required(field)]
  if (name === '.' || name === '..') return [invalid(field, name, `may not be '${name}'`)]
  return ['/', '%'].filter((each) => name.includes(each)).map((each) => invalid(field, name, `may not contain '${each}'`))
}

const subjectKinds = ['ServiceAccount', 'User', 'Group']

function validateSubject(
  { kind, name, namespace = '', apiGroup = '' }: Subject,
  field: string,
  isNamespaced: boolean,
): FieldError[] {
  const errors = name === '' ? [required(`${field}.name`)] : []
  if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== rbacGroup) errors.push(notSupported(`${field}.apiGroup`, apiGroup, [rbacGroup]))
    return errors
  }
  if (kind !== 'ServiceAccount') return [...errors, notSupported(`${field}.kind`, kind, subjectKinds)]
  const finding = name === '' ? undefined : dnsSubdomainFinding(name)
  if (finding !== undefined) errors.push(invalid(`${field}.name`, name, finding))
  if (apiGroup !== '') errors.push(notSupported(`${field}.apiGroup`, apiGroup, ['']))
  if (!isNamespaced && namespace === '') errors.push(required(`${field}.namespace`))
  return errors
}

const namesOf = (binding: Binding, kind: string): string =>
  (binding.subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
    .join(', ')

const subjectColumn = (name: string, kind: string): Column<Binding> => ({
  name,
  type: 'string',
  description: `The subjects of kind ${kind}.`,
  priority: 1,
  cell: (binding) => namesOf(binding, kind),
})

export const bindingColumns: readonly Column<Binding>[] = [
  {
    name: 'Role',
    type: 'string',
    description: 'The role that is given.',
    priority: 0,
    cell: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`,
  },
  ageColumn,
  subjectColumn('Users', 'User'),
  subjectColumn('Groups', 'Group'),
  subjectColumn('ServiceAccounts', 'ServiceAccount'),
]
