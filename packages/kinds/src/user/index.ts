// The Kind User: which certificate of a person is taken. Whoever may write one says who may come in. And where they come in: what
// the server listens on.

import { type User, userDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { jsonAnswer } from '../subresources.ts'

export interface Listening {
  address: string
  port: number
  /** Whether other machines can come in. */
  beyondLoopback: boolean
}

export interface ListeningPorts {
  listening: () => Listening
}

export const userKind = ({ listening }: ListeningPorts): Kind<User> => ({
  definition: userDefinition,
  actions: [
    {
      group: 'subresources.sheaf.io',
      versions: ['v1'],
      kind: 'request',
      method: 'GET',
      action: 'listening',
      run: async () => jsonAnswer(listening()),
    },
  ],
})
