import { expect, test } from 'vitest'
import { matchesLabels, parseLabelSelector } from './label-selector.ts'
import { labelSelectorText } from './label-selector-text.ts'

const selector = {
  matchLabels: { tier: 'web', app: 'shop' },
  matchExpressions: [
    { key: 'zone', operator: 'In', values: ['b', 'a'] },
    { key: 'old', operator: 'DoesNotExist' },
    { key: 'new', operator: 'Exists' },
    { key: 'env', operator: 'NotIn', values: ['test'] },
  ],
}

test('a selector has one text', () => {
  expect(labelSelectorText(selector)).toBe('app=shop,env notin (test),new,!old,tier=web,zone in (a,b)')
  expect(labelSelectorText({})).toBe('')
})

test('which can be read again', () => {
  const parsed = parseLabelSelector(labelSelectorText(selector))
  expect(matchesLabels(parsed, { app: 'shop', tier: 'web', zone: 'a', new: 'yes' })).toBe(true)
  expect(matchesLabels(parsed, { app: 'shop', tier: 'web', zone: 'c', new: 'yes' })).toBe(false)
})
