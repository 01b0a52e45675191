// The repo VM: a guest that boots the release's own ISO and serves its files to the upgrade, read-only. As Harvester makes it,
// but for what our small appliance does not need (see docs/adr/0025). Pure.

import { harvesterSystemNamespace, type Service, type Upgrade, type VirtualMachine } from '@sheaf/api'
import { componentLabels, ownedBy, repoMachineName } from './names.ts'

/** The appliance is a kernel, an initramfs of a few MiB and busybox's httpd. */
const memoryMiB = 256
export const repoMemoryBytes = memoryMiB * 1024 * 1024

/** Where its files are served, and the one by which it is told that they are. */
export const servedPath = '/harvester-iso'
export const releaseFile = `${servedPath}/harvester-release.yaml`
export const servedPort = 80

/** A connection to a guest that is not up yet hangs, and is of no use any more once it is: better to ask anew soon. */
const patience = { timeoutSeconds: 5, periodSeconds: 2, failureThreshold: 5 }

/** The guest serves its medium when it finds this file, and otherwise would install itself. */
const userData = `name: "enable repo mode"
stages:
  rootfs:
    - commands:
        - touch /sysroot/harvester-serve-iso
`

const creatorLabels = { 'harvesterhci.io/creator': 'harvester' }

/** `iso`: what the image of the release is called among container disks. */
export function repoMachine(upgrade: Upgrade, iso: string): VirtualMachine {
  const upgradeName = upgrade.metadata.name ?? ''
  const name = repoMachineName(upgradeName)
  const labels = { ...creatorLabels, ...componentLabels(upgradeName, 'repo') }
  const amounts = { cpu: '1', memory: `${memoryMiB}Mi` }
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name, namespace: harvesterSystemNamespace, labels, ownerReferences: [ownedBy(upgrade)] },
    spec: {
      runStrategy: 'RerunOnFailure',
      template: {
        metadata: { labels: { ...labels, 'harvesterhci.io/vmName': name } },
        spec: {
          // It has nothing to lose: all it has is read-only.
          terminationGracePeriodSeconds: 0,
          hostname: name.slice(0, longestHostname),
          evictionStrategy: 'LiveMigrateIfPossible',
          domain: {
            cpu: { cores: 1, sockets: 1, threads: 1, model: 'host-passthrough' },
            resources: { limits: amounts, requests: amounts },
            devices: {
              disks: [
                { name: 'disk-0', bootOrder: 1, cdrom: { bus: 'scsi' } },
                { name: 'cloudinitdisk', cdrom: { bus: 'scsi' } },
              ],
              inputs: [{ name: 'tablet', type: 'tablet', bus: 'usb' }],
              // A declared port gets a way in from this machine, and from nowhere else.
              interfaces: [{ name: 'default', model: 'virtio', masquerade: {}, ports: [{ name: 'http', port: servedPort }] }],
            },
          },
          networks: [{ name: 'default', pod: {} }],
          volumes: [
            { name: 'disk-0', containerDisk: { image: iso } },
            { name: 'cloudinitdisk', cloudInitNoCloud: { userData } },
          ],
          readinessProbe: { httpGet: { path: releaseFile, port: servedPort }, ...patience },
        },
      },
    },
  }
}

/** Tells where the repo VM is, as Harvester's does. Nobody of ours is led by it: its endpoints are what can be looked at. */
export function repoService(upgrade: Upgrade): Service {
  const upgradeName = upgrade.metadata.name ?? ''
  const selector = componentLabels(upgradeName, 'repo')
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: repoMachineName(upgradeName),
      namespace: harvesterSystemNamespace,
      labels: { ...creatorLabels, ...selector },
      ownerReferences: [ownedBy(upgrade)],
    },
    spec: {
      type: 'ClusterIP',
      selector,
      ports: [{ name: 'http', protocol: 'TCP', port: servedPort, targetPort: servedPort }],
    },
  }
}

/** Of a label in the domain name system. */
const longestHostname = 63
