// Which requests are being answered: whoever closes the door lets them finish first.

export interface RequestsInFlight {
  /** One more; the function that it returns is called when it is answered. */
  begin(): () => void
  /** Resolves when all that are under way now are answered, or when the time is up. Those that come later are not waited for. */
  whenAnswered(withinMs: number): Promise<void>
}

export function followRequests(): RequestsInFlight {
  const open = new Set<() => void>()
  /** Each waits for those that were open when it came. */
  const waiters = new Set<{ waitsFor: Set<() => void>; done: () => void }>()
  return {
    begin() {
      const answered = (): void => {
        open.delete(answered)
        for (const { waitsFor, done } of waiters) if (waitsFor.delete(answered) && waitsFor.size === 0) done()
      }
      open.add(answered)
      return answered
    },
    async whenAnswered(withinMs) {
      if (open.size === 0) return
      const { promise, resolve: done } = Promise.withResolvers<void>()
      const waiter = { waitsFor: new Set(open), done }
      waiters.add(waiter)
      const timer = setTimeout(done, withinMs)
      await promise
      clearTimeout(timer)
      waiters.delete(waiter)
    },
  }
}
