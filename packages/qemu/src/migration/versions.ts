// Versions of QEMU: three numbers.

/** Below 0 when the first is the older one. */
export function compareVersions(one: string, other: string): number {
  const [first, second] = [numbersOf(one), numbersOf(other)]
  for (let place = 0; place < 3; place++) {
    const difference = (first[place] ?? 0) - (second[place] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

const numbersOf = (version: string): number[] => version.split('.').map(Number)
