import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { wallClock } from './world.ts'

describe('the clock on the wall', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const fortyDaysMs = 40 * 24 * 3600 * 1000

  it('waits longer than one timer of Node can, and not a moment less', () => {
    const run = vi.fn()
    wallClock.after(fortyDaysMs, run)
    vi.advanceTimersByTime(fortyDaysMs - 1)
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(run).toHaveBeenCalledOnce()
  })

  it('can be told not to, also in the middle', () => {
    const run = vi.fn()
    const timer = wallClock.after(fortyDaysMs, run)
    vi.advanceTimersByTime(30 * 24 * 3600 * 1000)
    timer.cancel()
    vi.advanceTimersByTime(fortyDaysMs)
    expect(run).not.toHaveBeenCalled()
  })
})
