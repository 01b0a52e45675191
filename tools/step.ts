// One named step of set-up: says what it does, that it still does it, and how it ended.

const firstSignOfLifeMs = 2_000
const signOfLifeMs = 10_000

export async function step<T>(title: string, run: () => Promise<T> | T): Promise<T> {
  const started = Date.now()
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`
  process.stdout.write(`• ${title}\n`)
  let timer = setTimeout(function beat() {
    process.stdout.write(`  … still at it (${seconds()})\n`)
    timer = setTimeout(beat, signOfLifeMs)
  }, firstSignOfLifeMs)
  try {
    return await run()
  } finally {
    clearTimeout(timer)
  }
}
