import type { ApiRequest, ApiResponse } from '@sheaf/api/client'
import type { ApiServerOptions } from './index.ts'

export type PublicationOptions = Pick<ApiServerOptions, 'kinds' | 'schemas' | 'version' | 'readiness'>

export function createPublication(_options: PublicationOptions): (request: ApiRequest) => ApiResponse | undefined {
  return () => undefined
}
