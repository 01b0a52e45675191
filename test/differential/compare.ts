// Two servers, the same requests: `node test/differential/compare.ts [sequences] [seed]` draws sequences, sends each to a real
// kube-apiserver and to ours, and tells where the answers part. The seed is told, so that it can be drawn again.

import { isDeepStrictEqual } from 'node:util'
import { comparedAnswers } from './allowed-differences.ts'
import { randomSequences } from './cases/random-sequences.ts'
import { defineCustomResources } from './define-custom-resources.ts'
import { runCase } from './exchange-case.ts'
import { startOurServer } from './our-server.ts'
import { referenceBinaries, startReferenceServer } from './reference-server.ts'

async function main([count = '200', seed = String(Date.now() % 1_000_000)]: string[]): Promise<number> {
  const judge = await startReferenceServer({ binaries: referenceBinaries, asInUse: false })
  try {
    await defineCustomResources(judge)
    let parted = 0
    let requests = 0
    for (const [index, one] of randomSequences(Number(seed), Number(count)).entries()) {
      const namespace = `drawn-${seed}-${index}`
      const [theirs, ours] = [await runCase(judge, one, namespace), await runCase(startOurServer(), one, namespace)]
      const compared = comparedAnswers(one, ours, theirs)
      requests += compared.own.length
      const at = compared.own.findIndex((answer, step) => !isDeepStrictEqual(answer, compared.judge[step]))
      if (at < 0) continue
      parted += 1
      console.log(`${one.name}, step ${at}: ${JSON.stringify(one.steps[at])}`)
      console.log(`  kube-apiserver: ${JSON.stringify(compared.judge[at])}`)
      console.log(`  ours:           ${JSON.stringify(compared.own[at])}`)
    }
    console.log(`seed ${seed}: ${requests} requests in ${count} sequences, ${parted} of which part`)
    return parted === 0 ? 0 : 1
  } finally {
    await judge.stop()
  }
}

process.exitCode = await main(process.argv.slice(2))
