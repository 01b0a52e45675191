import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunStrategy, VirtualMachine } from '@sheaf/api'
import { parse } from 'yaml'
import { root } from '../test/kit/repository-root.ts'

/** The demo machine under another name and strategy. */
export function demoManifest({ name, runStrategy }: { name: string; runStrategy: RunStrategy }): VirtualMachine {
  const vm = parse(readFileSync(join(root, 'examples', 'demo-vm.yaml'), 'utf8')) as VirtualMachine
  return { ...vm, metadata: { ...vm.metadata, name }, spec: { ...vm.spec, runStrategy } }
}
