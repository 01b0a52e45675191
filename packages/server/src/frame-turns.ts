// What one turn of the loop writes goes out at its end. A change that a thousand watchers are told of would keep the first of them
// waiting until it is written for the last: so many frames are written in a turn, those of all watches together.

/** Few enough that the first reader soon has something to do, and enough to be worth a write to the socket. */
const framesATurn = 32
/** Written in this turn, or waiting for one. */
let framesOfTurn = 0
const waitingFrames: (() => void)[] = []

/** Asked before a frame is written: when it may be. Undefined: at once. */
export function turnOfFrame(): Promise<void> | undefined {
  if (framesOfTurn === 0) setImmediate(beginTurn)
  framesOfTurn += 1
  return framesOfTurn <= framesATurn ? undefined : new Promise((resolve) => waitingFrames.push(resolve))
}

function beginTurn(): void {
  const next = waitingFrames.splice(0, framesATurn)
  framesOfTurn = next.length + waitingFrames.length
  if (framesOfTurn > 0) setImmediate(beginTurn)
  for (const write of next) write()
}
