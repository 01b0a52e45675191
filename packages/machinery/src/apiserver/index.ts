// The door of this part of the room.

export { accessDenied, type AccessAttributes, type Authorizer, type Decision, type ResourceAttributes } from './access.ts'
export * from './api-server.ts'
export { createApiServer } from './handler.ts'
export { type PathRequest, type RequestInfo, type ResourceRequest, requestInfoOf, type Verb } from './request-info.ts'
export { storagePrefix } from '../registry/registry.ts'
