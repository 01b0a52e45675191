// What a release and the supervisor say to each other, over the channel that a process has with its parent. It changes only by
// growing: releases of different ages speak it with the same supervisor.

/** Goes up when a release needs a supervisor that knows more. */
export const supervisorVersion = '1.0.0'

export type FromRelease =
  /** Loaded, and waiting for its turn. */
  | { kind: 'standing-by' }
  /** Put this release to the test, in my place. */
  | { kind: 'try'; version: string; id: string; deadlineMs: number }
  /** What I held is let go: store, port, machines. */
  | { kind: 'handed-over' }
  /** I serve, and what I took up is as it was. */
  | { kind: 'proven' }
  /** Take me back. */
  | { kind: 'unfit'; why: string }

export type FromSupervisor =
  /** Let go of everything, and end. */
  | { kind: 'hand-over' }
  /** It is your turn. */
  | { kind: 'take-over' }
  /** The trial did not come about; you go on. */
  | { kind: 'not-tried'; why: string }
  /** You are the current release now. */
  | { kind: 'confirmed' }

/** Anything else than a message of ours is somebody else's. */
export function isMessage(value: unknown): value is { kind: string } {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'
}
