// What a Service is made of, and what follows from its type. Pure.

import type {
  IoK8sApiCoreV1LoadBalancerIngress,
  IoK8sApiCoreV1ServicePort,
  IoK8sApiCoreV1ServiceSpec,
} from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import type { ApiObject, Condition } from '../../meta/index.ts'

export interface ServicePort extends Omit<IoK8sApiCoreV1ServicePort, 'targetPort'> {
  /** The number of the port in the guest, or the name of a port that the guest's interface declares. */
  targetPort?: number | string
}

export interface ServiceSpec extends Omit<IoK8sApiCoreV1ServiceSpec, 'ports'> {
  ports?: ServicePort[]
}

export interface ServiceStatus {
  conditions?: Condition[]
  loadBalancer?: { ingress?: IoK8sApiCoreV1LoadBalancerIngress[] }
}

/** A way in to the guests that its selector finds. */
export interface Service extends ApiObject {
  spec?: ServiceSpec
  status?: ServiceStatus
}

/** Whether this machine listens where the service says that it does. Sheaf's own condition. */
export const listeningCondition = 'sheaf.io/Listening'

/** No service has an address of a network of its own here: Kubernetes' word for that. */
export const noClusterIp = 'None'

export const isExternalName = ({ spec }: Service): boolean => spec?.type === 'ExternalName'
export const isLoadBalancer = ({ spec }: Service): boolean => spec?.type === 'LoadBalancer'

/** Whether every port of it is to have a node port. */
export const wantsNodePorts = (service: Service): boolean =>
  service.spec?.type === 'NodePort' || (isLoadBalancer(service) && service.spec?.allocateLoadBalancerNodePorts !== false)

/** Whether somebody outside is to find out by HTTP if there are guests to reach. */
export const wantsHealthPort = (service: Service): boolean =>
  isLoadBalancer(service) && service.spec?.externalTrafficPolicy === 'Local'
