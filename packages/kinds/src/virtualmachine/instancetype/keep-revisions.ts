// Makes the ControllerRevisions that a virtual machine keeps. Their names say what they hold, so that whoever makes one twice
// meets the first one.

import { type ControllerRevision, controllerRevisionDefinition } from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { isAlreadyExists, keyOf } from '@sheaf/api/meta'
import { holdSameSpec } from './revision.ts'

export async function keepRevisions(revisions: readonly ControllerRevision[], client: Client): Promise<void> {
  for (const revision of revisions) await keep(revision, client)
}

async function keep(revision: ControllerRevision, client: Client): Promise<void> {
  const resource = client.resource<ControllerRevision>(controllerRevisionDefinition)
  try {
    await resource.create(revision)
  } catch (error) {
    if (!isAlreadyExists(error)) {
      const text = error instanceof Error ? error.message : String(error)
      throw new Error(`failed to create ControllerRevision: ${text}`, { cause: error })
    }
    if (holdSameSpec(await resource.get(keyOf(revision)), revision)) return
    const message = `found existing ControllerRevision with unexpected data: ${revision.metadata.name}`
    throw new Error(message, { cause: error })
  }
}
