// What the upgrade reaches the world through.

import type { MachinePorts } from '../ports.ts'
import type { Platform } from './platform.ts'

export interface UpgradePorts extends MachinePorts {
  platform: Platform
}
