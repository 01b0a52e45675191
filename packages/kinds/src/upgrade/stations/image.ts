// The ISO of the release as an image on this machine: one that somebody has brought here, or one that is downloaded for this
// upgrade.

import { type Version, versionDefinition, type VirtualMachineImage } from '@sheaf/api'
import { findCondition, isAlreadyExists, isNotFound } from '@sheaf/api/meta'
import type { Observation } from '@sheaf/upgrade'
import { componentLabels, ownedBy } from '../names.ts'
import { ReleaseRefused } from '../platform.ts'
import { imageKeyOf, images, isMadeForUpgrade } from '../release-image.ts'
import { type Pass, sinceMs, type StationWork } from '../station.ts'
import type { Undone } from '../undone.ts'

/** Harvester's: so often a download is tried again. */
const retries = 3
/** Of the label that carries it. */
const longestDisplayName = 63

export const imageStation: StationWork = {
  async observe(pass) {
    const image = await images(pass).find(imageKeyOf(pass.upgrade))
    if (image !== undefined) return observationOf(image, pass)
    if (isMadeForUpgrade(pass.upgrade)) return missingVersion(pass)
    return failed('ImageNotFound', `there is no VirtualMachineImage ${pass.upgrade.spec.image}`)
  },

  async pursue(pass) {
    if (!isMadeForUpgrade(pass.upgrade) || (await images(pass).find(imageKeyOf(pass.upgrade))) !== undefined) return
    try {
      await images(pass).create(imageFor(pass, await versionOf(pass)))
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  },

  undo: removeMadeImage,
}

/** One that somebody brought here themselves stays. */
export async function removeMadeImage(pass: Pass): Promise<Undone> {
  return isMadeForUpgrade(pass.upgrade) ? removeImage(pass) : 'undone'
}

/** On an image that was brought here for one upgrade only, as sheaf upgrade start does. */
const removeAfterAnnotation = 'sheaf.io/remove-after-upgrade'

export async function removeBroughtImage(pass: Pass): Promise<Undone> {
  const image = isMadeForUpgrade(pass.upgrade) ? undefined : await images(pass).find(imageKeyOf(pass.upgrade))
  return image?.metadata.annotations?.[removeAfterAnnotation] === 'true' ? removeImage(pass) : 'undone'
}

async function removeImage(pass: Pass): Promise<Undone> {
  try {
    await images(pass).delete(imageKeyOf(pass.upgrade))
    return 'notYet'
  } catch (error) {
    if (isNotFound(error)) return 'undone'
    throw error
  }
}

function observationOf({ status }: VirtualMachineImage, pass: Pass): Observation {
  const imported = findCondition(status?.conditions, 'Imported')
  const isGivenUp = findCondition(status?.conditions, 'RetryLimitExceeded')?.status === 'True'
  if (imported?.status === 'True') return { state: 'done' }
  if (imported?.status === 'False' || isGivenUp)
    return failed(imported?.reason || 'ImportFailed', imported?.message ?? 'the release could not be imported')
  const progress = { done: status?.progress ?? 0, of: 100, unit: 'percent' as const }
  return { state: 'underWay', sinceMs: sinceMs(pass, 'image'), progress }
}

/** Nothing to download from, and nothing that will come. */
async function missingVersion(pass: Pass): Promise<Observation> {
  try {
    await versionOf(pass)
    return { state: 'underWay', sinceMs: sinceMs(pass, 'image') }
  } catch (error) {
    if (error instanceof ReleaseRefused) return failed(error.reason, error.message)
    throw error
  }
}

async function versionOf({ upgrade, key, ports }: Pass): Promise<Version> {
  const name = upgrade.spec.version ?? ''
  const version = await ports.client.resource<Version>(versionDefinition).find({ namespace: key.namespace, name })
  if (version === undefined) throw new ReleaseRefused('VersionNotFound', `there is no Version ${name} any more`)
  return version
}

function imageFor({ upgrade, key }: Pass, { metadata, spec }: Version): VirtualMachineImage {
  return {
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'VirtualMachineImage',
    metadata: {
      name: key.name,
      namespace: key.namespace,
      labels: componentLabels(key.name, 'image'),
      ownerReferences: [ownedBy(upgrade)],
    },
    spec: {
      displayName: `${key.name}-${metadata.name}`.slice(0, longestDisplayName),
      sourceType: 'download',
      url: spec.isoURL,
      ...(spec.isoChecksum ? { checksum: spec.isoChecksum } : {}),
      retry: retries,
    },
  }
}

const failed = (reason: string, message: string): Observation => ({ state: 'failed', reason, message })
