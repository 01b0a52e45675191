import { countSet, duplicate, invalid, required, type SpecRule, when } from './rule.ts'

export const validateNetworks: SpecRule = (path, spec) => {
  const networks = spec.networks ?? []
  const list = `${path}.networks`
  const pods = networks.filter((network) => network.pod !== undefined).length
  const defaults = networks.filter((network) => network.multus?.default === true).length
  const nameless = networks.findIndex((network) => network.multus?.networkName === '')
  return [
    ...when(pods > 1, () =>
      duplicate(`${path}.interfaces`, `more than one interface is connected to a pod network in ${path}.interfaces`),
    ),
    ...when(defaults > 1, () => invalid(list, 'Multus CNI should only have one default network')),
    ...when(pods > 0 && defaults > 0, () =>
      invalid(list, 'Pod network cannot be defined when Multus default network is defined'),
    ),
    ...networks.flatMap(({ multus, pod }, index) => {
      const sources = countSet(multus, pod)
      return [
        ...when(sources === 0, () => required(`${list}[${index}]`, 'should have a network type')),
        ...when(sources > 1, () => required(`${list}[${index}]`, 'should have only one network type')),
      ]
    }),
    ...when(nameless !== -1, () => required(`${list}[${nameless}]`, 'CNI delegating plugin must have a networkName')),
  ]
}

/** Networks and interfaces go in pairs, by name. */
export const validateNetworkPairs: SpecRule = (path, spec) => {
  const networks = spec.networks ?? []
  const interfaces = spec.domain.devices.interfaces ?? []
  return [
    ...networks.flatMap(({ name }, index) => {
      const field = `${path}.networks[${index}].name`
      return [
        ...when(networks.findIndex((each) => each.name === name) < index, () =>
          duplicate(field, `Network with name "${name}" already exists, every network must have a unique name`),
        ),
        ...when(!interfaces.some((each) => each.name === name), () => required(field, `${field} '${name}' not found.`)),
      ]
    }),
    ...interfaces.flatMap(({ name }, index) => {
      const field = `${path}.domain.devices.interfaces[${index}].name`
      return [
        ...when(interfaces.findIndex((each) => each.name === name) < index, () =>
          duplicate(field, 'Only one interface can be connected to one specific network'),
        ),
        ...when(!networks.some((each) => each.name === name), () => invalid(field, `${field} '${name}' not found.`)),
      ]
    }),
  ]
}
