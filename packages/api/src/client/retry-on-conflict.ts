import { isConflict } from '../meta/index.ts'

/** As client-go: who loses five times in a row competes with a bug, not with a neighbour. */
const mostAttempts = 5

/** Runs `attempt`, which must read the object anew each time, until its write does not lose to somebody else's. */
export async function retryOnConflict<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt()
    } catch (error) {
      if (!isConflict(error) || tried === mostAttempts) throw error
    }
  }
}
