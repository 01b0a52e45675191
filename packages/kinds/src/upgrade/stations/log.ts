// The log is open: the file is written from the first line on, and an UpgradeLog says whose it is.

import { type UpgradeLog, upgradeLogDefinition, withHarvesterCondition } from '@sheaf/api'
import { isAlreadyExists, isNotFound, timestamp } from '@sheaf/api/meta'
import { componentLabels, ownedBy, upgradeLogName } from '../names.ts'
import { type Pass, sinceMs, type StationWork } from '../station.ts'

export const keepsLog = ({ spec }: Pass['upgrade']): boolean => spec.logEnabled !== false

export const logStation: StationWork = {
  async observe(pass) {
    if (!keepsLog(pass.upgrade)) return { state: 'done' }
    const log = await logs(pass).find(logKey(pass))
    const isStarted = log?.status?.conditions?.some(({ type, status }) => type === 'Started' && status === 'True') === true
    return isStarted ? { state: 'done' } : { state: 'underWay', sinceMs: sinceMs(pass, 'log') }
  },

  async pursue(pass) {
    if (!keepsLog(pass.upgrade)) return
    const log = (await logs(pass).find(logKey(pass))) ?? (await createLog(pass))
    // There is nothing to set up: what is written in a cluster by an operator of its own is one file here.
    await tell(log, ['LoggingOperatorReady', 'InfraReady', 'Started', 'DownloadReady'], pass)
  },
}

/** The upgrade has ended, and with it its log; both stay to be read. */
export async function stopLog(pass: Pass): Promise<void> {
  const log = await logs(pass).find(logKey(pass))
  if (log !== undefined) await tell(log, ['Stopped'], pass)
}

async function createLog(pass: Pass): Promise<UpgradeLog> {
  const { key, upgrade } = pass
  try {
    return await logs(pass).create({
      apiVersion: 'harvesterhci.io/v1beta1',
      kind: 'UpgradeLog',
      metadata: { ...logKey(pass), labels: componentLabels(key.name, 'log'), ownerReferences: [ownedBy(upgrade)] },
      spec: { upgradeName: key.name },
    })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    return logs(pass).get(logKey(pass))
  }
}

async function tell(log: UpgradeLog, types: readonly string[], pass: Pass): Promise<void> {
  const now = timestamp(pass.ports.clock)
  const conditions = types.reduce(
    (all, type) => withHarvesterCondition(all, { type, status: 'True' }, now),
    log.status?.conditions ?? [],
  )
  if (JSON.stringify(conditions) === JSON.stringify(log.status?.conditions)) return
  try {
    await logs(pass).updateStatus({ ...log, status: { ...log.status, conditions } })
  } catch (error) {
    // Somebody has dismissed it.
    if (!isNotFound(error)) throw error
  }
}

const logKey = ({ key }: Pass) => ({ namespace: key.namespace, name: upgradeLogName(key.name) })
const logs = ({ ports }: Pass) => ports.client.resource<UpgradeLog>(upgradeLogDefinition)
