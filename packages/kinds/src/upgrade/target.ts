// Which release somebody means who has not begun yet: a Version, or an image that holds its ISO.

import { harvesterSystemNamespace, type Upgrade, type Version, versionDefinition } from '@sheaf/api'
import { badRequest, notFound } from '@sheaf/api/meta'
import { ReleaseRefused } from './platform.ts'
import type { UpgradePorts } from './ports.ts'
import { announcedRelease, type Known, releaseFactsOf } from './preflight-facts.ts'
import { imageKeyOf, isoOf } from './release-image.ts'

/** As much as can be told before it begins. */
export async function knownTarget({ version = '', image = '' }: Upgrade['spec'], ports: UpgradePorts): Promise<Known> {
  if (image !== '') return knownImage(image, ports)
  if (version === '')
    throw badRequest('say which release: ?version=NAME of a Version, or ?image=namespace/name of a VirtualMachineImage')
  const key = { namespace: harvesterSystemNamespace, name: version }
  const found = await ports.client.resource<Version>(versionDefinition).find(key)
  if (found === undefined) throw notFound(versionDefinition, version)
  const { minUpgradableVersion, releaseDate } = found.spec
  return announcedRelease(version, minUpgradableVersion, releaseDate)
}

/** An image whose bytes are still on their way is only announced. */
async function knownImage(image: string, ports: UpgradePorts): Promise<Known> {
  const key = imageKeyOf({ apiVersion: '', kind: '', metadata: {}, spec: { image } })
  const iso = await isoOf(key, ports).catch(() => undefined)
  if (iso === undefined) throw badRequest(`the image ${image} is not on this machine yet: wait until it is imported`)
  try {
    return releaseFactsOf(await ports.platform.releases.inspect(iso.isoPath))
  } catch (error) {
    if (!(error instanceof ReleaseRefused)) throw error
    const { release, size } = announcedRelease(ports.platform.installed().version, undefined)
    const state = error.reason === 'untrusted' ? 'untrusted' : error.reason === 'missing-signature' ? 'missing' : 'invalid'
    return { release: { ...release, signature: { state, message: error.message } }, size }
  }
}
