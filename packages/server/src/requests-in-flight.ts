// How many requests are being answered: whoever closes the door lets them finish first.

export interface RequestsInFlight {
  /** One more; the function that it returns, called when it is answered, takes it away once. */
  begin(): () => void
  /** Resolves when there are none, or when the time is up. */
  whenNone(withinMs: number): Promise<void>
}

export function countRequests(): RequestsInFlight {
  let count = 0
  let listeners: (() => void)[] = []
  return {
    begin() {
      count++
      let isOpen = true
      return () => {
        if (!isOpen) return
        isOpen = false
        count--
        if (count > 0) return
        for (const listener of listeners) listener()
        listeners = []
      }
    },
    whenNone(withinMs) {
      if (count === 0) return Promise.resolve()
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, withinMs)
        listeners.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    },
  }
}
