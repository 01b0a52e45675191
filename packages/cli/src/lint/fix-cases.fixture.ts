// For tests: manifests in which `[[old=>new]]` marks every byte that a rewriting changes, and nothing else may change.

const head = 'apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata:\n  name: web\n'
const [key, on, off] = ['[[running=>runStrategy]]', '[[true=>Always]]', '[[false=>Halted]]']
const json = (spec: string) => `{"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","metadata":{"name":"web"},"spec":${spec}}`
const jsonRunning = '"[[running=>runStrategy]]":[[true=>"Always"]]'
const pretty = (indent: string, newline = '\n') =>
  [
    '{',
    '"apiVersion": "kubevirt.io/v1",',
    '"kind": "VirtualMachine",',
    '"spec": {',
    `${indent}"[[running=>runStrategy]]": [[false=>"Halted"]],`,
    `${indent}"template": {}`,
    '}',
    '}',
  ]
    .map((line, index) => (index === 0 || index === 7 ? line : indent + line))
    .join(newline)
const template = (fields: string) => `${head}spec:\n  runStrategy: Halted\n  dataVolumeTemplates:\n${fields}`

/** What stands before, and after. */
export function sides(marked: string): { before: string; after: string } {
  const side = (group: '$1' | '$2') => marked.replaceAll(/\[\[(.*?)=>(.*?)\]\]/gs, group)
  return { before: side('$1'), after: side('$2') }
}

const words = ['yes', 'Yes', 'YES', 'on', 'On', 'ON', 'y', 'Y', 'True', 'TRUE'].map((word) => [word, 'Always'] as const)
const negations = ['no', 'No', 'NO', 'off', 'Off', 'OFF', 'n', 'N', 'False', 'FALSE'].map((word) => [word, 'Halted'] as const)

export const rewritten: readonly (readonly [name: string, marked: string])[] = [
  ['true', `${head}spec:\n  ${key}: ${on}\n  template: {}\n`],
  ['false', `${head}spec:\n  ${key}: ${off}\n  template: {}\n`],
  ['the last line', `${head}spec:\n  template: {}\n  ${key}: ${on}\n`],
  ['no final newline', `${head}spec:\n  ${key}: ${on}`],
  ['spaces after the value', `${head}spec:\n  ${key}: ${on}   \n  template: {}\n`],
  ['a tab before and after the value', `${head}spec:\n  ${key}:\t${on}\t\n  template: {}\n`],
  ['many spaces before the value', `${head}spec:\n  ${key}:        ${on}\n`],
  ['a space before the colon', `${head}spec:\n  ${key} : ${on}\n`],
  ['a comment behind the value', `${head}spec:\n  ${key}: ${on} # running: true\n`],
  ['a comment behind a tab', `${head}spec:\n  ${key}: ${on}\t# it runs\n`],
  ['a comment above', `${head}spec:\n  # running: true is old\n  ${key}: ${on}\n`],
  ['a comment below', `${head}spec:\n  ${key}: ${on}\n  # running: false\n  template: {}\n`],
  ['a comment behind spec', `${head}spec: # running: true\n  ${key}: ${on}\n`],
  ['a comment between key and value', `${head}spec:\n  ${key}: # why\n    ${on}\n`],
  ['a comment on a line of its own between key and value', `${head}spec:\n  ${key}:\n    # why\n    ${on}\n`],
  ['a comment that is not indented', `${head}spec:\n# note\n  ${key}: ${on}\n# note\n`],
  ['a comment at the top and at the end', `# top\n${head}spec:\n  ${key}: ${on}\n# end`],
  ['an empty line around', `${head}\n\nspec:\n\n  ${key}: ${on}\n\n\n`],
  ['the value on the next line', `${head}spec:\n  ${key}:\n    ${on}\n`],
  ['wide indentation', `${head}spec:\n        ${key}: ${off}\n        template: {}\n`],
  ['an indentation of one', `${head}spec:\n ${key}: ${off}\n`],
  ['a key in double quotes', `${head}spec:\n  "${key}": [[true=>"Always"]]\n`],
  ['a key in single quotes', `${head}spec:\n  '${key}': [[true=>'Always']] # '\n`],
  ['an explicit key', `${head}spec:\n  ? ${key}\n  : ${on}\n`],
  ['a flow map', `${head}spec: {${key}: ${on}, template: {}}\n`],
  ['a flow map over lines, with comments', `${head}spec: { # one\n    ${key}: ${on}, # two\n    template: {} }\n`],
  ['a flow map with quoted keys', `${head}spec: {"${key}":[[true=>"Always"]],"template":{}}\n`],
  ['everything in one flow map', `{apiVersion: kubevirt.io/v1, kind: VirtualMachine, spec: {${key}: ${off}}}\n`],
  ...[...words, ...negations].map(
    ([word, strategy]) => [`${word}, as kubectl reads it`, `${head}spec:\n  ${key}: [[${word}=>${strategy}]]\n`] as const,
  ),
  ['Windows line ends', `${head}spec:\n  ${key}: ${on} # c\n  template: {}\n`.replaceAll('\n', '\r\n')],
  ['Windows line ends without the last', `${head}spec:\n  ${key}: ${on}`.replaceAll('\n', '\r\n')],
  ['mixed line ends', `${head.replace('\n', '\r\n')}spec:\r\n  ${key}: ${on}\n  template: {}\r\n`],
  ['the start of a document, said', `---\n${head}spec:\n  ${key}: ${on}\n`],
  ['a version directive', `%YAML 1.1\n---\n${head}spec:\n  ${key}: ${on}\n`],
  ['the end of a document, said', `${head}spec:\n  ${key}: ${on}\n...\n`],
  ['two documents', `${head}spec:\n  ${key}: ${on}\n---\n${head}spec:\n  ${key}: ${off}\n`],
  ['documents between empty ones', `---\n---\n# nothing\n---\n${head}spec:\n  ${key}: ${on}\n---\n`],
  ['documents ended by dots', `${head}spec:\n  ${key}: ${on}\n...\n---\n${head}spec:\n  ${key}: ${off}\n...\n`],
  ['a comment behind the separator', `--- # one\n${head}spec:\n  ${key}: ${on}\n--- # two\nkind: x\n`],
  [
    'text that only looks like it',
    `apiVersion: v1\nkind: ConfigMap\ndata:\n  vm.yaml: |\n    kind: VirtualMachine\n    spec:\n      running: true\n  folded: >-\n    running: true\n---\n${head}spec:\n  ${key}: ${on}\n`,
  ],
  [
    'a cloud-init text inside the machine',
    `${head}spec:\n  ${key}: ${on}\n  template:\n    spec:\n      volumes:\n      - cloudInitNoCloud:\n          userData: |-\n            #cloud-config\n            running: true\n              running: false\n`,
  ],
  [
    'other fields of that name',
    `${head}  labels: {running: "true"}\nspec:\n  ${key}: ${on}\n  template:\n    running: true\nstatus:\n  running: true\n`,
  ],
  ['an anchor that nobody repeats', `${head}spec: &spec\n  ${key}: ${on}\n`],
  ['anchors elsewhere', `${head}  labels: &l {a: b}\nspec:\n  ${key}: ${on}\n  template:\n    metadata:\n      labels: *l\n`],
  ['a merge of other fields', `${head}  annotations: &a {x: y}\nspec:\n  <<: *a\n  ${key}: ${on}\n`],
  ['Unicode before it on the line', `${head}  annotations: {"ü😀": "日本"}\nspec: {"é😀": 1, ${key}: ${on}} # ñ😀\n`],
  ['a list', `apiVersion: v1\nkind: List\nitems:\n- ${head.replaceAll('\n', '\n  ')}spec:\n    ${key}: ${on}\n`],
  ['JSON on one line', json(`{${jsonRunning},"template":{}}`)],
  ['JSON with the field last', `${json(`{"template":{},${jsonRunning}}`)}\n`],
  ['pretty JSON', `${pretty('  ')}\n`],
  ['JSON indented with tabs', `${pretty('\t')}\n`],
  ['JSON with Windows line ends', pretty('    ', '\r\n')],
  ['JSON with escapes', json(`{"a":"\\ud83d\\ude00 \\"running\\":true \\/",${jsonRunning}}`)],
  ['a JSON list', `{"kind":"List","apiVersion":"v1","items":[${json(`{${jsonRunning}}`)},\n${json(`{${jsonRunning}}`)}]}`],
  [
    'a pool',
    `apiVersion: pool.kubevirt.io/v1beta1\nkind: VirtualMachinePool\nspec:\n  virtualMachineTemplate:\n    spec:\n      ${key}: ${on}\n`,
  ],
  [
    'an old version',
    `apiVersion: "[[kubevirt.io/v1alpha3=>kubevirt.io/v1]]" # old\nkind: VirtualMachine\nspec: {${key}: ${on}}\n`,
  ],
  [
    'a topology',
    "apiVersion: instancetype.kubevirt.io/v1beta1\nkind: VirtualMachinePreference\nspec:\n  cpu: {preferredCPUTopology: '[[preferSpread=>spread]]'}\n",
  ],
  [
    'inert fields in the middle',
    template(
      '[[  - apiVersion: cdi.kubevirt.io/v1beta1\n    metadata=>  - metadata]]: {name: a}\n[[    kind: DataVolume\n=>]]    spec: {}\n',
    ),
  ],
  [
    'inert fields that stand first',
    template('  - [[apiVersion: cdi.kubevirt.io/v1beta1\n    kind: DataVolume\n    =>]]metadata: {name: a}\n'),
  ],
  ['an inert field at the end of the text', `${template('  - metadata: {name: a}\n')}[[    kind: DataVolume=>]]`],
  ['inert fields in a flow map', template('  - {[[apiVersion: x, kind: y, =>]]metadata: {}[[, status: {}=>]]}\n')],
]

/** Left as they are, with the reason. */
export const refused: readonly (readonly [name: string, text: string, reason: string])[] = [
  ['both fields', `${head}spec:\n  running: true\n  runStrategy: Always\n`, 'mutually exclusive'],
  ['an empty runStrategy', `${head}spec:\n  running: true\n  runStrategy:\n`, 'without a value'],
  ['a text', `${head}spec:\n  running: "true"\n`, '"true" is not true or false'],
  ['a word that is no boolean', `${head}spec:\n  running: tRue\n`, '"tRue" is not true or false'],
  ['a number', `${head}spec:\n  running: 1\n`, '1 is not true or false'],
  ['an anchor on the value', `${head}spec:\n  running: &on true\n`, 'the anchor &on'],
  ['an anchor on the value, repeated', `${head}spec:\n  running: &on true\n  template: {x: *on}\n`, 'the anchor &on'],
  ['an anchor on the key', `${head}spec:\n  &k running: true\n`, 'the anchor &k'],
  ['an alias as value', `${head}  labels: {a: &on true}\nspec:\n  running: *on\n`, 'the alias *on'],
  ['an alias as spec', `x: &s {running: true}\n${head}spec: *s\n`, 'the alias *s'],
  ['a merge key', `x: &s {running: true}\n${head}spec:\n  <<: *s\n  template: {}\n`, 'the merge key <<'],
  ['several merged maps', `x: &s {running: true}\ny: &t {a: b}\n${head}spec:\n  <<: [*t, *s]\n`, 'the merge key <<'],
  ['a spec that is repeated', `${head}spec: &s\n  running: true\nother: *s\n`, '*s repeats elsewhere'],
  ['a field that hides a merged one', `x: &s {running: false}\n${head}spec:\n  <<: *s\n  running: true\n`, 'not mean the same'],
  ['a tag', `${head}spec:\n  running: !!bool true\n`, 'a tag'],
  ['a quoted boolean with a tag', `${head}spec:\n  running: !!bool "true"\n`, 'a tag'],
  ['an escaped key', `${head}spec:\n  "r\\x75nning": true\n`, 'unusual way'],
  ['a template as value', `${head}spec:\n  running: {{ .Values.running }}\n`, 'left to a template'],
  ['a template in quotes', `${head}spec:\n  running: "{{ .Values.running }}"\n`, 'left to a template'],
  ['another document that is a template', `${head}spec:\n  running: true\n---\n{{- if .x }}\na: [\n`, 'cannot be read'],
  ['another document that is broken', `${head}spec:\n  running: true\n---\na: [\n`, 'cannot be read'],
  ['an inert field with a comment', template('  - metadata: {}\n    kind: x # why\n'), 'something stands behind it'],
  ['an inert field alone', template('  - kind: x\n'), 'the only field'],
  ['an inert field over lines', template('  - metadata: {}\n    status:\n      phase: x\n'), 'several lines'],
  ['an inert field before a comment', template('  - kind: x\n    # why\n    metadata: {}\n'), 'something stands before it'],
  ['an inert field with a comment in a flow map', template('  - {kind: x, # why\n     metadata: {}}\n'), 'more than a comma'],
]
