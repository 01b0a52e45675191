import type { FieldError } from '../../../meta/index.ts'
import { countSet, invalid, type SpecRule, when } from './rule.ts'

export const validateAccessCredentials: SpecRule = (path, spec) => {
  const hasNoCloud = (spec.volumes ?? []).some((volume) => volume.cloudInitNoCloud !== undefined)
  const hasConfigDrive = (spec.volumes ?? []).some((volume) => volume.cloudInitConfigDrive !== undefined)
  return (spec.accessCredentials ?? []).flatMap(({ sshPublicKey, userPassword }, index) => {
    const at = `${path}.accessCredentials[${index}]`
    const key = sshPublicKey?.propagationMethod
    const needsVolume = (kind: string): FieldError =>
      invalid(
        `${at}.sshPublicKey.propagationMethod`,
        `${at} requires a ${kind} volume to exist when the ${kind} propagationMethod is in use.`,
      )
    return [
      ...when(key?.noCloud !== undefined && !hasNoCloud, () => needsVolume('noCloud')),
      ...when(key?.configDrive !== undefined && !hasConfigDrive, () => needsVolume('configDrive')),
      ...(sshPublicKey === undefined ? [] : validateWays(at, 'sshPublicKey', sshPublicKey)),
      ...(userPassword === undefined ? [] : validateWays(at, 'userPassword', userPassword)),
      ...when(countSet(sshPublicKey, userPassword) !== 1, () =>
        invalid(at, `${at} must have exactly one access credential type set`),
      ),
    ]
  })
}

interface Ways {
  source: object
  propagationMethod: object
}

function validateWays(at: string, kind: string, { propagationMethod, source }: Ways): FieldError[] {
  return [
    ...when(countSet(...Object.values(source)) !== 1, () =>
      invalid(`${at}.${kind}.source`, `${at} must have exactly one source set`),
    ),
    ...when(countSet(...Object.values(propagationMethod)) !== 1, () =>
      invalid(`${at}.${kind}.propagationMethod`, `${at} must have exactly one propagationMethod set`),
    ),
  ]
}
