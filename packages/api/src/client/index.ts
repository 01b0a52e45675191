export * from './client.ts'
export * from './exchange.ts'
