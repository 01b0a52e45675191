// One thing done to one member of a set, and what is told of it.

import { type ApiObject, isAlreadyExists, isConflict, isNotFound } from '@sheaf/api/meta'
import type { EventRecorder } from '@sheaf/machinery/controller'

interface Words {
  reason: string
  message: string
}

export interface Deed {
  success: Words
  /** The message is followed by what went wrong. */
  failure: Words
  run(): Promise<unknown>
}

/**
 * Who is gone, is another by now, or is there already has overtaken what was decided: nothing is told, and the next pass
 * decides anew. Every other trouble is told and thrown on.
 */
export async function perform(deed: Deed, set: ApiObject, events: EventRecorder): Promise<void> {
  const { success, failure } = deed
  try {
    await deed.run()
  } catch (error) {
    if (isNotFound(error) || isConflict(error) || isAlreadyExists(error)) return
    events.record(set, { type: 'Warning', reason: failure.reason, message: `${failure.message}: ${textOf(error)}` })
    throw error
  }
  events.record(set, { type: 'Normal', ...success })
}

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
