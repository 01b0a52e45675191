import { expect, test } from 'vitest'
import { followRequests } from './requests-in-flight.ts'

test('UP11 whoever lets go waits until the requests under way are answered, and for no others', async () => {
  const requests = followRequests()
  await requests.whenAnswered(60_000)
  const [first, second] = [requests.begin(), requests.begin()]
  let areAnswered = false
  const answered = requests.whenAnswered(60_000).then(() => (areAnswered = true))
  requests.begin()
  first()
  first()
  await Promise.resolve()
  expect(areAnswered).toBe(false)
  second()
  await answered
})

test('UP11 one that takes for ever is not waited for', async () => {
  const requests = followRequests()
  requests.begin()
  await requests.whenAnswered(1)
})
