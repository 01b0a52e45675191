// Which Kubernetes we speak, and in which version of our own.

import type { VersionInfo } from '@sheaf/machinery/apiserver'
import { ownVersion } from './release/own-release.ts'

/** The Kubernetes release whose API Sheaf follows: what clients compare themselves with. */
export function kubernetesVersion(): VersionInfo {
  return {
    major: '1',
    minor: '33',
    gitVersion: `v1.33.0+sheaf-${ownVersion()}`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '2026-11-23T00:00:00Z',
    goVersion: `node${process.versions.node}`,
    compiler: 'v8',
    platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  }
}
