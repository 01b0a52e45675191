import type { ApiRequest } from '@sheaf/api/client'
import type { ApiServer } from '@sheaf/machinery/apiserver'
import type { UserInfo } from '@sheaf/machinery/kind'

/** What stands behind every connection: who is it, and what is answered. */
export interface FrontDoor {
  apiServer: Pick<ApiServer, 'handle' | 'connect'>
  /** Throws 401. */
  authenticate: (request: Pick<ApiRequest, 'path' | 'headers'>) => UserInfo
}
