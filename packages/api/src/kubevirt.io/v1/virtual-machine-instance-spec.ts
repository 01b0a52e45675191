// What a machine consists of. The types are generated from KubeVirt's OpenAPI; corrected here where they are wrong:
// ports may be names, quantities may be numbers, and one field is misspelt.

import type {
  K8sIoApiCoreV1HTTPGetAction,
  K8sIoApiCoreV1TCPSocketAction,
  V1CPU,
  V1Devices,
  V1Disk,
  V1DomainSpec,
  V1Filesystem,
  V1Firmware,
  V1Interface,
  V1Memory,
  V1MultusNetwork,
  V1Network,
  V1Probe,
  V1ResourceRequirements,
  V1VirtualMachineInstanceSpec,
  V1Volume,
} from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import type { QuantityText } from '../../meta/index.ts'

export type Cpu = V1CPU
export type Devices = V1Devices
export type Disk = V1Disk
export type Filesystem = V1Filesystem
export type Firmware = V1Firmware
export type Interface = V1Interface
export type Volume = V1Volume

export interface Memory extends Omit<V1Memory, 'guest' | 'maxGuest'> {
  guest?: QuantityText
  maxGuest?: QuantityText
}

export interface ResourceRequirements extends Omit<V1ResourceRequirements, 'limits' | 'requests'> {
  limits?: Record<string, QuantityText>
  requests?: Record<string, QuantityText>
}

export interface Domain extends Omit<V1DomainSpec, 'memory' | 'resources'> {
  memory?: Memory
  resources?: ResourceRequirements
}

export interface MultusNetwork extends Omit<V1MultusNetwork, '_default'> {
  default?: boolean
}

export interface Network extends Omit<V1Network, 'multus'> {
  multus?: MultusNetwork
}

export interface Probe extends Omit<V1Probe, 'httpGet' | 'tcpSocket'> {
  httpGet?: K8sIoApiCoreV1HTTPGetAction & { port: string | number }
  tcpSocket?: K8sIoApiCoreV1TCPSocketAction & { port: string | number }
}

export interface VirtualMachineInstanceSpec
  extends Omit<V1VirtualMachineInstanceSpec, 'domain' | 'livenessProbe' | 'networks' | 'readinessProbe'> {
  domain: Domain
  networks?: Network[]
  livenessProbe?: Probe
  readinessProbe?: Probe
}
