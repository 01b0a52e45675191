// Deleting: options, preconditions, finalizers, collections.

import type { Json } from '@sheaf/api/meta'
import type { ExchangeCase } from '../exchange-case.ts'
import { configMap, configMaps, get, kinder, patch, post, put, remove, widget, widgets } from './steps.ts'

const a = `${configMaps}/a`
const w = `${widgets}/w`
const options = (more: object): Json => ({ apiVersion: 'v1', kind: 'DeleteOptions', ...more })
const held = (name: string) => configMap(name, { x: '1' }, { finalizers: ['example.org/f'] })

export const deletions: readonly ExchangeCase[] = [
  {
    name: 'SA80 what nobody holds goes at once',
    steps: [
      post(configMaps, 'c', configMap('a', {})),
      remove(a),
      get(a),
      remove(a),
      post(widgets, 'c', widget('w', {})),
      remove(w, options({ propagationPolicy: 'Background' })),
      get(w),
      remove(w),
    ],
  },
  {
    name: 'SA80 what somebody holds is marked and stays',
    steps: [
      post(configMaps, 'c', held('a')),
      remove(a),
      remove(a),
      put(a, 'c', configMap('a', { x: '2' }, { finalizers: ['example.org/f', 'example.org/g'] })),
      put(a, 'c', configMap('a', { x: '2' }, { finalizers: ['example.org/f'] })),
      post(configMaps, 'c', configMap('a', {})),
      put(a, 'c', configMap('a', { x: '2' })),
      get(a),
    ],
  },
  {
    name: 'SA80 a custom object that somebody holds is marked and stays',
    steps: [
      post(widgets, 'c', widget('w', {}, { metadata: { finalizers: ['example.org/f'] } })),
      remove(w),
      remove(w),
      patch('merge', w, 'c', { metadata: { finalizers: ['example.org/f', 'example.org/g'] } }),
      patch('merge', w, 'c', { metadata: { deletionTimestamp: null } }),
      patch('merge', w, 'c', { metadata: { finalizers: [] } }),
      get(w),
    ],
  },
  {
    name: 'SA81 preconditions name a uid and a version',
    steps: [
      post(configMaps, 'c', configMap('a', {})),
      remove(a, options({ preconditions: { uid: '11111111-2222-3333-4444-555555555555' } })),
      remove(a, options({ preconditions: { resourceVersion: '1' } })),
      remove(a, options({ preconditions: { uid: '{uid:0}', resourceVersion: '{rv:0}' } })),
      get(a),
    ],
  },
  {
    name: 'SA82 a propagation policy is a finalizer of the garbage collector',
    steps: [
      post(configMaps, 'c', configMap('a', {})),
      remove(a, options({ propagationPolicy: 'Foreground' })),
      remove(a, options({ propagationPolicy: 'Orphan' })),
      remove(a, options({ propagationPolicy: 'Background' })),
      get(a),
    ],
  },
  {
    name: 'SA82 orphaning can be asked for in the old way',
    steps: [
      post(configMaps, 'c', configMap('a', {})),
      remove(a, options({ orphanDependents: true })),
      post(configMaps, 'c', configMap('b', {})),
      remove(`${configMaps}/b`, options({ orphanDependents: false })),
      post(configMaps, 'c', configMap('d', {})),
      remove(`${configMaps}/d`, undefined, { propagationPolicy: 'Orphan' }),
      post(widgets, 'c', widget('w', {})),
      remove(w, undefined, { orphanDependents: 'true' }),
    ],
  },
  {
    name: 'SA82 wrong options are refused',
    steps: [
      post(configMaps, 'c', configMap('a', {})),
      remove(a, options({ propagationPolicy: 'Sideways' })),
      remove(a, options({ propagationPolicy: 'Orphan', orphanDependents: true })),
      remove(a, undefined, { propagationPolicy: 'Sideways' }),
      kinder(remove(a, { apiVersion: 'v1', kind: 'ConfigMap' }), 'a mistake of the client is not an error of the server'),
      kinder(remove(a, [1]), 'a mistake of the client is not an error of the server'),
      remove(a, options({ gracePeriodSeconds: -5 })),
    ],
  },
  {
    name: 'SA83 a collection goes by selector',
    steps: [
      post(configMaps, 'c', configMap('a', {}, { labels: { l: '1' } })),
      post(configMaps, 'c', configMap('b', {}, { labels: { l: '1' }, finalizers: ['example.org/f'] })),
      post(configMaps, 'c', configMap('d', {}, { labels: { l: '2' } })),
      remove(configMaps, undefined, { labelSelector: 'l=1' }),
      remove(configMaps, undefined, { fieldSelector: 'metadata.name=d' }),
      get(`${configMaps}/d`),
    ],
  },
]
