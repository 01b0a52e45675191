import type { ControllerSnapshot } from '@sheaf/machinery/controller'

/**
 * Whether nothing more happens by itself. A pass that waits for a deed that is held back is at rest, and so is what waits
 * behind such a pass for a worker.
 */
export function isAtRest(controllers: readonly Pick<ControllerSnapshot, 'running' | 'waiting'>[], heldDeeds: number): boolean {
  const running = controllers.reduce((sum, each) => sum + each.running.length, 0)
  const isWaiting = controllers.some(({ waiting }) => waiting.length > 0)
  return running <= heldDeeds && (!isWaiting || heldDeeds > 0)
}
