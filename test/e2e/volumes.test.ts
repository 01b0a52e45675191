// What a guest sees of the volumes that configure it and of the network that was described for it. The guest itself is
// asked, on its serial console.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConfigMap, configMapDefinition, type Secret, secretDefinition, type VirtualMachine } from '@sheaf/api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { withGuestShell } from '../kit/guest-shell.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import type { Terminal } from '../kit/terminal.ts'
import { askGuest, guestMachine, instances, key, untilGuestAnswers, virtualMachines } from '../kit/virtual-machines.ts'

let server: ServerProcess
const folder = mkdtempSync(join(tmpdir(), 'sheaf-host-disk-'))
const hostDisk = join(folder, 'data.img')

beforeAll(async () => {
  server = await startServerProcess({ environment: { SHEAF_FEATURE_GATES: 'HostDisk' } })
  await server.client.resource<ConfigMap>(configMapDefinition).create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: key('settings'),
    data: { 'app.conf': 'colour=green\n', [`${'long-'.repeat(20)}name.yaml`]: 'long\n' },
    binaryData: { bytes: Buffer.from([0, 255, 10, 13]).toString('base64') },
  })
  await server.client
    .resource<Secret>(secretDefinition)
    .create({ apiVersion: 'v1', kind: 'Secret', metadata: key('keys'), stringData: { password: 'hunter2' } })
  await virtualMachines(server).create(configured())
  await virtualMachines(server).create(unplugged())
})
afterAll(async () => {
  await server?.dispose()
  rmSync(folder, { recursive: true })
})

type Volumes = NonNullable<VirtualMachine['spec']['template']['spec']['volumes']>

function configured(): VirtualMachine {
  const vm = guestMachine('configured', 'Always')
  const { spec } = vm.spec.template
  const volumes: Volumes = [
    { name: 'settings', configMap: { name: 'settings' } },
    { name: 'keys', secret: { secretName: 'keys', volumeLabel: 'KEYS' } },
    { name: 'drive', cloudInitConfigDrive: { userData: '#cloud-config\n' } },
    {
      name: 'about',
      downwardAPI: { volumeLabel: 'about', fields: [{ path: 'of/vm', fieldRef: { fieldPath: "metadata.labels['vm']" } }] },
    },
    { name: 'nothing', configMap: { name: 'none', optional: true, volumeLabel: 'nothing' } },
    { name: 'data', hostDisk: { path: hostDisk, type: 'DiskOrCreate', capacity: '1Mi' } },
  ]
  spec.volumes = volumes
  spec.domain.devices.disks = volumes.map(({ name }) => ({ name, disk: { bus: 'virtio' } }))
  spec.networks = [{ name: 'default', pod: { vmNetworkCIDR: '10.11.12.0/24' } }]
  spec.subdomain = 'office'
  Object.assign(spec, { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.53'], searches: ['example.com', 'example.org'] } })
  const [network] = spec.domain.devices.interfaces ?? []
  Object.assign(network ?? {}, { dhcpOptions: { bootFileName: 'pxelinux.0', tftpServerName: 'boot.example' } })
  const boot = spec.domain.firmware?.kernelBoot
  if (boot !== undefined) boot.kernelArgs = `${boot.kernelArgs} ip=dhcp`
  return vm
}

function unplugged(): VirtualMachine {
  const vm = guestMachine('unplugged', 'Always')
  for (const each of vm.spec.template.spec.domain.devices.interfaces ?? []) each.state = 'down'
  // Its disk says no bus: KubeVirt's SATA, which has no read-only hard disks.
  vm.spec.template.spec.volumes = [{ name: 'settings', configMap: { name: 'settings' } }]
  return vm
}

const withShell = (name: string, use: (shell: Terminal) => Promise<void>) => withGuestShell(server, name, use)

test('VI64 VI66 the guest finds each disk by its label and reads what was written', async () => {
  await untilGuestAnswers(server, 'configured')
  await withShell('configured', async (shell) => {
    const see = async (label: string, path: string, content: RegExp): Promise<void> => {
      shell.type(`umount /mnt 2>/dev/null; mount -r -t iso9660 $(findfs LABEL=${label}) /mnt; echo "[$(cat /mnt/${path})]"\r`)
      await shell.sees(content)
    }
    await see('cfgdata', 'app.conf', /\[colour=green\]/)
    await see('cfgdata', 'long-*', /\[long\]/)
    await see('KEYS', 'password', /\[hunter2\]/)
    await see('config-2', 'openstack/latest/user_data', /\[#cloud-config\]/)
    await see('config-2', 'openstack/latest/meta_data.json', /\[\{"instance_id":"configured.default","hostname":"configured",/)
    await see('about', 'of/vm', /\[configured\]/)
    shell.type('umount /mnt; mount -r -t iso9660 $(findfs LABEL=cfgdata) /mnt; od -An -tx1 /mnt/bytes; umount /mnt\r')
    await shell.sees(/00 ff 0a 0d/)
    shell.type('mount -r -t iso9660 $(findfs LABEL=nothing) /mnt; echo "files: $(ls /mnt | wc -l)"; umount /mnt\r')
    await shell.sees(/files: 0/)
  })
})

test('VI67 what the guest writes to its host disk stands in the file', async () => {
  await withShell('configured', async (shell) => {
    shell.type('echo "from the guest" > /dev/vdf; sync; cat /sys/block/vdf/size\r')
    await shell.sees(/\b2048\b/)
  })
  await eventually('the file has it', () => readFileSync(hostDisk, 'latin1').startsWith('from the guest\n'))
})

test('VI68 the guest is told its network as it was described', async () => {
  const { instance } = await untilGuestAnswers(server, 'configured')
  expect(instance.status?.interfaces?.[0]).toMatchObject({ ipAddress: '10.11.12.2', linkState: 'up' })
  // The forward reaches the address that DHCP gave.
  expect(await askGuest(instance, '/')).toContain('This is')
  await withShell('configured', async (shell) => {
    shell.type(
      `printf '#!/bin/sh\\necho "told $ip $router $dns $domain/$search/$hostname $bootfile$boot_file $tftp$sname"\\n' > /tell\r`,
    )
    shell.type('chmod +x /tell; udhcpc -i eth0 -n -q -O search -O tftp -O bootfile -s /tell\r')
    await shell.sees(
      /told 10\.11\.12\.2 10\.11\.12\.1 192\.0\.2\.53 office\.default\.svc\.cluster\.local\/example\.com example\.org\/configured \S*pxelinux\.0 \S*boot\.example/,
    )
  })
})

test('VI69 an interface that is down is there, with its cable out', async () => {
  await eventually('unplugged runs', async () => (await instances(server).find(key('unplugged')))?.status?.phase === 'Running')
  const { status } = await instances(server).get(key('unplugged'))
  expect(status?.interfaces?.[0]?.linkState).toBe('down')
  await withShell('unplugged', async (shell) => {
    shell.type('echo "carrier $(cat /sys/class/net/eth0/carrier)."\r')
    await shell.sees(/carrier 0\./)
  })
})
