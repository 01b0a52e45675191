// Which requests are being answered: whoever closes the door lets them finish first.

export interface RequestsInFlight {
  /** One more; the function that it returns is called when it is answered. */
  begin(): () => void
  /** Resolves when all that are under way now are answered, or when the time is up. Those that come later are not waited for. */
  whenAnswered(withinMs: number): Promise<void>
}

export function followRequests(): RequestsInFlight {
  const open = new Set<Promise<void>>()
  return {
    begin() {
      const { promise, resolve } = Promise.withResolvers<void>()
      open.add(promise)
      return () => {
        open.delete(promise)
        resolve()
      }
    },
    async whenAnswered(withinMs) {
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(late.resolve, withinMs)
      await Promise.race([Promise.all(open), late.promise])
      clearTimeout(timer)
    },
  }
}
