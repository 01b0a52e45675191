import { base64Length, type FieldError } from '../../../meta/index.ts'
import type { Volume } from '../virtual-machine-instance-spec.ts'
import { countSet, invalid, when } from './rule.ts'

/** What stands in the object is sent to everyone who watches it; larger data belongs into a Secret. */
const maxDataBytes = 2048

/** User data or network data: the same three ways to give it. */
interface Data {
  /** The fields' beginning: `userData`. */
  name: 'userData' | 'networkData'
  plain: string
  base64: string
  secret: string
}

export function validateCloudInit(volumePath: string, volume: Volume): FieldError[] {
  const source = volume.cloudInitNoCloud ?? volume.cloudInitConfigDrive
  if (source === undefined) return []
  const at = `${volumePath}.${volume.cloudInitNoCloud === undefined ? 'cloudInitConfigDrive' : 'cloudInitNoCloud'}`
  const user: Data = {
    name: 'userData',
    plain: source.userData ?? '',
    base64: source.userDataBase64 ?? '',
    secret: source.secretRef?.name ?? '',
  }
  const network: Data = {
    name: 'networkData',
    plain: source.networkData ?? '',
    base64: source.networkDataBase64 ?? '',
    secret: source.networkDataSecretRef?.name ?? '',
  }
  return [
    ...validateData(at, user, 'userdatasource', 'UserDataSecretRef'),
    ...validateData(at, network, 'networkdata source', 'NetworkDataSecretRef'),
    ...when(waysOf(user) === 0 && waysOf(network) === 0, () =>
      invalid(at, `${at} must have at least one userdatasource or one networkdatasource set.`),
    ),
  ]
}

function validateData(at: string, data: Data, noun: string, reference: string): FieldError[] {
  const field = `${at}.${data.name}Base64`
  const decoded = base64Length(data.base64)
  const size = data.plain === '' ? (decoded ?? 0) : new TextEncoder().encode(data.plain).length
  return [
    ...when(decoded === undefined, () => invalid(field, `${field} is not a valid base64 value.`)),
    ...when(waysOf(data) > 1, () => invalid(at, `${at} must have only one ${noun} set.`)),
    ...when(size > maxDataBytes, () =>
      invalid(
        at,
        `${at} ${data.name.toLowerCase()} exceeds ${maxDataBytes} byte limit. Should use ${reference} for larger data.`,
      ),
    ),
  ]
}

function waysOf({ base64, plain, secret }: Data): number {
  return countSet(base64 || undefined, plain || undefined, secret || undefined)
}
