// Writes docs/reference/instance-fields.md from the tables of fields, so that the page cannot say anything else. Run it after
// changing one: node tools/generate-instance-fields.ts

import { writeFileSync } from 'node:fs'
import { domainFields } from '../packages/kinds/src/virtualmachineinstance/fields/domain-fields.ts'
import type { Fate } from '../packages/kinds/src/virtualmachineinstance/fields/field-fate.ts'
import { instanceSpecFields, machineSpecFields } from '../packages/kinds/src/virtualmachineinstance/fields/spec-fields.ts'

export const pageFile = new URL('../docs/reference/instance-fields.md', import.meta.url)

interface Section {
  title: string
  /** Where the fields stand. */
  path: string
  fields: Readonly<Record<string, Fate>>
}

const sections: readonly Section[] = [
  { title: 'VirtualMachine', path: 'spec', fields: machineSpecFields },
  { title: 'VirtualMachineInstance, and the template of a VirtualMachine', path: 'spec', fields: instanceSpecFields },
  { title: 'Its domain', path: 'spec.domain', fields: domainFields },
]

export function instanceFieldsPage(): string {
  return [
    '<!-- Made by tools/generate-instance-fields.ts from packages/kinds/src/virtualmachineinstance/fields. Do not edit. -->',
    '# What becomes of each field',
    'No field of a machine is ignored in silence. A line stands for all fields below it, unless they have lines of their own.',
    [
      '- **carried out**: the machine is as the field says.',
      '- **refused**: whoever writes it gets an error that says why (422).',
      '- **reported**: it is taken, the machine does not start, and a condition of its instance says what is missing.',
      '- **no effect**: it is taken and changes nothing here, for the reason that is given.',
    ].join('\n'),
    ...sections.flatMap(({ fields, path, title }) => [`## ${title}`, tableOf(path, fields)]),
  ]
    .join('\n\n')
    .concat('\n')
}

function tableOf(path: string, fields: Section['fields']): string {
  const rows = Object.entries(fields).map(([field, fate]) => `| \`${path}.${field}\` | ${fateText(fate)} |`)
  return ['| field | what becomes of it |', '|---|---|', ...rows].join('\n')
}

const fateText = (fate: Fate): string => (typeof fate === 'string' ? fate : `no effect: ${fate.noEffect}`)

if (import.meta.main) writeFileSync(pageFile, instanceFieldsPage())
