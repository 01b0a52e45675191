// Owning through the status and the scale of an object.

import type { ExchangeCase } from '../exchange-case.ts'
import { apply, force, get, patch, post, put, widget, widgets } from './steps.ts'

const w = `${widgets}/w`
const status = `${w}/status`
const scale = `${w}/scale`
const condition = (type: string, value: string) => ({ type, status: value })
const scaleOf = (replicas: number, more: object = {}) => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: { name: 'w', namespace: '{ns}', ...more },
  spec: { replicas },
})

export const applySubresources: readonly ExchangeCase[] = [
  {
    name: 'SA40 a status is applied through its own door only',
    steps: [
      apply(w, 'one', widget('w', { text: 'x' }, { status: { phase: 'A' } })),
      apply(status, 'controller', widget('w', { text: 'y' }, { status: { phase: 'B' } })),
      apply(w, 'one', widget('w', { text: 'z' }, { status: { phase: 'C' } })),
      get(w),
    ],
  },
  {
    name: 'SA40 metadata is not applied through the status of a custom object',
    steps: [
      apply(w, 'one', widget('w', { text: 'x' }, { metadata: { labels: { l: '1' } } })),
      apply(status, 'controller', widget('w', undefined, { metadata: { labels: { l: '2', m: '2' } }, status: { phase: 'B' } })),
      apply(status, 'controller', widget('w', undefined, { metadata: { labels: { l: '2' } } }), force),
    ],
  },
  {
    name: 'SA40 there is no status of what is not there',
    steps: [apply(status, 'controller', widget('w', undefined, { status: { phase: 'A' } }))],
  },
  {
    name: 'SA40 conditions are owned by their type',
    steps: [
      post(widgets, 'creator', widget('w', {})),
      apply(status, 'one', widget('w', undefined, { status: { conditions: [condition('Ready', 'True')] } })),
      apply(status, 'two', widget('w', undefined, { status: { conditions: [condition('Live', 'True')] } })),
      apply(status, 'two', widget('w', undefined, { status: { conditions: [condition('Ready', 'False')] } })),
      apply(status, 'one', widget('w', undefined, { status: { conditions: [] } })),
    ],
  },
  {
    name: 'SA40 a plain write of the status is recorded with its door',
    steps: [
      post(widgets, 'one', widget('w', { text: 'x' }, { status: { phase: 'A' } })),
      put(
        status,
        'one',
        widget(
          'w',
          { text: 'y' },
          { metadata: { resourceVersion: '{rv:0}', labels: { l: '1' } }, status: { phase: 'B', replicas: 1 } },
        ),
      ),
      patch('merge', status, 'one', { status: { phase: 'C' }, spec: { text: 'z' }, metadata: { labels: { m: '1' } } }),
      patch('merge', w, 'one', { status: { phase: 'D' }, spec: { text: 'q' } }),
      apply(status, 'one', widget('w', undefined, { status: { phase: 'E' } })),
      apply(status, 'one', widget('w', undefined, { status: { phase: 'E' } }), force),
    ],
  },
  {
    name: 'SA40 the record cannot be changed through the status',
    steps: [
      post(widgets, 'one', widget('w', { text: 'x' })),
      patch('merge', status, 'two', { metadata: { managedFields: [] }, status: { phase: 'A' } }),
    ],
  },
  {
    name: 'SA41 scaling is recorded as the field that it changes',
    steps: [
      apply(w, 'one', widget('w', { embedded: { replicas: 1 } })),
      put(scale, 'scaler', scaleOf(3)),
      get(w),
      apply(w, 'one', widget('w', { embedded: { replicas: 1 } })),
      apply(w, 'one', widget('w', { embedded: {} })),
      patch('merge', scale, 'other', { spec: { replicas: 4 } }),
      get(w),
    ],
  },
  {
    name: 'SA41 applying a scale is refused where another owns the number',
    steps: [post(widgets, 'creator', widget('w', { embedded: { replicas: 1 } })), apply(scale, 'scaler', scaleOf(3))],
  },
  {
    name: 'SA41 a scale shows who owns the number',
    steps: [
      apply(w, 'one', widget('w', { embedded: { replicas: 1 }, text: 'x' })),
      get(scale),
      apply(scale, 'two', scaleOf(1)),
      get(scale),
    ],
  },
]
