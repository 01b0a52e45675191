import { expect, test } from 'vitest'
import { countRequests } from './requests-in-flight.ts'

test('UP11 whoever lets go waits until the requests under way are answered', async () => {
  const requests = countRequests()
  await requests.whenNone(60_000)
  const [first, second] = [requests.begin(), requests.begin()]
  let isQuiet = false
  const quiet = requests.whenNone(60_000).then(() => (isQuiet = true))
  first()
  first()
  await Promise.resolve()
  expect(isQuiet).toBe(false)
  second()
  await quiet
})

test('UP11 one that takes for ever is not waited for', async () => {
  const requests = countRequests()
  requests.begin()
  await requests.whenNone(1)
})
