// Waiting for something to happen to a machine, whatever it is.

import type { Hypervisor } from './hypervisor.ts'

/** Resolves when something happened to the machine, or after the time. */
export function newsOf(hypervisor: Pick<Hypervisor, 'onChange'>, id: string, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      subscription.close()
      resolve()
    }
    const timer = setTimeout(done, Math.max(0, withinMs))
    const subscription = hypervisor.onChange((changed) => {
      if (changed === id) done()
    })
  })
}
