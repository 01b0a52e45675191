import { hasGate, invalid, type SpecRule, when } from './rule.ts'

const ioThreadsPolicies = ['shared', 'auto', 'supplementalPool']

export const validateInputDevices: SpecRule = (path, { domain }) =>
  (domain.devices.inputs ?? []).flatMap(({ bus = '', type }, index) => {
    const at = `${path}.domain.devices.inputs[${index}]`
    return [
      ...when(!['', 'usb', 'virtio'].includes(bus), () => invalid(`${at}.bus`, 'Input device can have only virtio or usb bus.')),
      ...when(type !== 'tablet', () => invalid(`${at}.type`, 'Input device can have only tablet type.')),
    ]
  })

export const validateIoThreads: SpecRule = (path, { domain }) => {
  const policy = domain.ioThreadsPolicy
  if (policy === undefined) return []
  const threads = domain.ioThreads?.supplementalPoolThreadCount ?? 0
  return [
    ...when(!ioThreadsPolicies.includes(policy), () =>
      invalid(`${path}.domain.ioThreadsPolicy`, `Invalid IOThreadsPolicy (${policy})`),
    ),
    ...when(policy === 'supplementalPool' && threads < 1, () =>
      invalid(`${path}.domain.ioThreads.count`, 'the number of iothreads needs to be set and positive for the dedicated policy'),
    ),
  ]
}

export const validateHostDevices: SpecRule = (path, { domain }, policy) =>
  when(domain.devices.hostDevices !== undefined && !hasGate(policy, 'HostDevices'), () =>
    invalid(`${path}.HostDevices`, 'Host Devices feature gate is not enabled in kubevirt-config'),
  )

export const validateSound: SpecRule = (path, { domain }) => {
  const { sound } = domain.devices
  if (sound === undefined) return []
  return [
    ...when(!['', 'ac97', 'ich9'].includes(sound.model ?? ''), () =>
      invalid(`${path}.Sound`, `Sound device type is not supported. Options: 'ich9' or 'ac97'`),
    ),
    ...when(sound.name === '', () => invalid(`${path}.Sound`, 'Sound device requires a name field.')),
  ]
}
