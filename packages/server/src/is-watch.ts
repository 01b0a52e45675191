import type { ApiRequest } from '@sheaf/api/client'

/** Whether a request asks to be told of changes for as long as it is open, told from its query alone. */
export const isWatch = ({ method, path }: ApiRequest): boolean => method === 'GET' && /[?&]watch(=(true|1)?)?(&|$)/.test(path)
