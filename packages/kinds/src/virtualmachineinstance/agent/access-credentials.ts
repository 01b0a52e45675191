// Keys and passwords that an instance brings along for its guest's users, from Secrets: into the seed that cloud-init
// reads, or through the agent while the guest runs.

import type { Secret, VirtualMachineInstance } from '@sheaf/api'
import { type SecretPorts, secretNamed } from '../volumes/named-secret.ts'

type Credential = NonNullable<VirtualMachineInstance['spec']['accessCredentials']>[number]

const sourceOf = ({ sshPublicKey, userPassword }: Credential): string | undefined =>
  (sshPublicKey ?? userPassword)?.source.secret?.secretName

const goesThroughAgent = ({ sshPublicKey, userPassword }: Credential): boolean =>
  (sshPublicKey ?? userPassword)?.propagationMethod.qemuGuestAgent !== undefined

export function hasAgentAccess({ spec }: VirtualMachineInstance): boolean {
  return (spec.accessCredentials ?? []).some(goesThroughAgent)
}

/** All are there before a launch, whichever way they take: as volumes of a pod would be. Throws Missing. */
export async function assertAccessSecrets(instance: VirtualMachineInstance, ports: SecretPorts): Promise<void> {
  for (const credential of instance.spec.accessCredentials ?? []) await secretNamed(sourceOf(credential), instance, ports)
}

/** For the seed's meta-data: every entry of every Secret, numbered. Throws Missing. */
export async function publicKeysFor(
  way: 'noCloud' | 'configDrive',
  instance: VirtualMachineInstance,
  ports: SecretPorts,
): Promise<Record<string, string> | undefined> {
  const keys: string[] = []
  for (const credential of instance.spec.accessCredentials ?? []) {
    if (credential.sshPublicKey?.propagationMethod[way] === undefined) continue
    const secret = await secretNamed(sourceOf(credential), instance, ports)
    keys.push(...entriesOf(secret).flatMap(({ text }) => (text === '' ? [] : [text])))
  }
  return keys.length === 0 ? undefined : Object.fromEntries(keys.map((key, index) => [String(index), key]))
}

/** What the agent is to set, by user. */
export interface AgentAccess {
  keys: Map<string, string[]>
  passwords: Map<string, string>
}

/** Throws Missing. */
export async function agentAccessOf(instance: VirtualMachineInstance, ports: SecretPorts): Promise<AgentAccess> {
  const access: AgentAccess = { keys: new Map(), passwords: new Map() }
  for (const credential of (instance.spec.accessCredentials ?? []).filter(goesThroughAgent)) {
    const entries = entriesOf(await secretNamed(sourceOf(credential), instance, ports))
    for (const user of credential.sshPublicKey?.propagationMethod.qemuGuestAgent?.users ?? [])
      access.keys.set(user, [...(access.keys.get(user) ?? []), ...entries.flatMap(({ text }) => linesOf(text))])
    if (credential.userPassword === undefined) continue
    for (const { name, text } of entries) if (text.trim() !== '') access.passwords.set(name, text.trim())
  }
  return access
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

/** In the order of their names, as files in a folder are read. */
function entriesOf(secret: Secret | undefined): { name: string; text: string }[] {
  return Object.entries(secret?.data ?? {})
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, data]) => ({ name, text: Buffer.from(data, 'base64').toString('utf8') }))
}
