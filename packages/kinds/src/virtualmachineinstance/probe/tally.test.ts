import { expect, it } from 'vitest'
import { count, emptyTally, type Outcome, type Tally } from './tally.ts'

const success: Outcome = { kind: 'success' }
const failure: Outcome = { kind: 'failure', message: 'no' }
const unknown: Outcome = { kind: 'unknown', message: 'what?' }
const verdicts = (outcomes: readonly Outcome[], thresholds = {}, begin: Tally = emptyTally) => {
  let tally = begin
  return outcomes.map((outcome) => (tally = count(tally, outcome, thresholds)).verdict)
}

it('VI80 one success and three failures in a row are enough unless the probe says otherwise', () => {
  expect(verdicts([failure, success, failure, failure, failure, success])).toEqual([
    undefined,
    'passes',
    'passes',
    'passes',
    'fails',
    'passes',
  ])
})

it('VI80 thresholds are counted without anything else between', () => {
  const thresholds = { successThreshold: 2, failureThreshold: 2 }
  expect(verdicts([success, failure, success, success, failure, success, failure, failure], thresholds)).toEqual([
    undefined,
    undefined,
    undefined,
    'passes',
    'passes',
    'passes',
    'passes',
    'fails',
  ])
})

it('VI80 what could not be asked at all does not count', () => {
  expect(verdicts([failure, failure, unknown, unknown, failure])).toEqual([undefined, undefined, undefined, undefined, 'fails'])
})
