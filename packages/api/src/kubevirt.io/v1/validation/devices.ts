import { forbidden, hasGate, invalid, type SpecRule, when } from './rule.ts'

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

/** What a gate of KubeVirt guards that stays shut here. */
export const validateGatedDevices: SpecRule = (path, { domain }, policy) => {
  const { autoattachVSOCK, downwardMetrics } = domain.devices
  return [
    ...when(autoattachVSOCK === true && !hasGate(policy, 'VSOCK'), () =>
      invalid(`${path}.domain.devices.autoattachVSOCK`, 'VSOCK feature gate is not enabled in kubevirt-config'),
    ),
    ...when(downwardMetrics !== undefined && !hasGate(policy, 'DownwardMetrics'), () =>
      invalid(
        `${path}.domain.devices.downwardMetrics`,
        'downwardMetrics virtio serial is not allowed: DownwardMetrics feature gate is not enabled',
      ),
    ),
  ]
}

export const validateVideo: SpecRule = (path, { domain }) =>
  when(domain.devices.video !== undefined && domain.devices.autoattachGraphicsDevice === false, () =>
    invalid(`${path}.video`, 'Video configuration is not allowed when autoattachGraphicsDevice is set to false'),
  )

const panicDeviceModels: readonly string[] = ['hyperv', 'isa', 'pvpanic']

export const validatePanicDevices: SpecRule = (path, { domain }) =>
  (domain.devices.panicDevices ?? []).flatMap(({ model }, index) =>
    when(model !== undefined && !panicDeviceModels.includes(model), () =>
      invalid(`${path}.domain.devices.panicDevices[${index}].model`, `invalid PanicDeviceModel(${model})`),
    ),
  )

const encryptionGates = { sev: 'WorkloadEncryptionSEV', snp: 'WorkloadEncryptionSEV', tdx: 'WorkloadEncryptionTDX' } as const

export const validateLaunchSecurity: SpecRule = (path, { domain }, policy) => {
  const { launchSecurity } = domain
  if (launchSecurity === undefined) return []
  const field = `${path}.launchSecurity`
  const kinds = (['sev', 'snp', 'tdx'] as const).filter((kind) => launchSecurity[kind] !== undefined)
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1) return [forbidden(field, 'One and only one launchSecurity type can be set')]
  const gate = encryptionGates[kind]
  return when(!hasGate(policy, gate), () => invalid(field, `${gate} feature gate is not enabled in kubevirt-config`))
}

/** In the order in which admission has switched on what was left open. */
const enlightenmentNeeds = [
  ['evmcs', 'vapic'],
  ['ipi', 'vpindex'],
  ['tlbflush', 'vpindex'],
  ['synictimer', 'synic'],
  ['synic', 'vpindex'],
] as const

/** Instances only. */
export const validateEnlightenments: SpecRule = (path, { domain }) => {
  const hyperv = domain.features?.hyperv
  if (hyperv === undefined) return []
  const at = `${path}.domain.features.hyperv`
  return enlightenmentNeeds.flatMap(([feature, need]) => {
    const isOn = hyperv[feature] !== undefined && hyperv[feature].enabled !== false
    return when(isOn && hyperv[need]?.enabled === false, () =>
      invalid(`${at}.${feature}`, `'${at}.${feature}' requires '${at}.${need}', which was disabled.`),
    )
  })
}
