// What an upgrade of the platform needs of whoever runs it.

export * from './platform.ts'
