// Which field has which number in Kubernetes' protobuf form, for the Kinds whose typed clients send it. Data only.
//
// A field is `number name:type`. No type is a string; `i` a whole number, `b` a boolean, `B` bytes (base64 in JSON),
// `[T]` a list, `{T}` a map with string keys. Go clients write fields even when they hold their zero value; it means
// "absent" unless the name carries `*` (a pointer: sent only when set) or `!` (always part of the JSON form).

export type WireTables = Readonly<Record<string, string>>

/** Message of each Kind by `apiVersion/kind`. DeleteOptions is known in every group and not listed. */
export const wireKinds: WireTables = {
  'v1/ConfigMap': 'ConfigMap',
  'v1/Endpoints': 'Endpoints',
  'v1/Event': 'Event',
  'v1/Namespace': 'Namespace',
  'v1/Node': 'Node',
  'v1/ResourceQuota': 'ResourceQuota',
  'v1/Secret': 'Secret',
  'v1/Service': 'Service',
  'v1/ServiceAccount': 'ServiceAccount',
  'apiextensions.k8s.io/v1/CustomResourceDefinition': 'CustomResourceDefinition',
  'apps/v1/ControllerRevision': 'ControllerRevision',
  'authentication.k8s.io/v1/SelfSubjectReview': 'SelfSubjectReview',
  'authentication.k8s.io/v1/TokenRequest': 'TokenRequest',
  'authentication.k8s.io/v1/TokenReview': 'TokenReview',
  'authorization.k8s.io/v1/LocalSubjectAccessReview': 'SubjectAccessReview',
  'authorization.k8s.io/v1/SelfSubjectAccessReview': 'SelfSubjectAccessReview',
  'authorization.k8s.io/v1/SelfSubjectRulesReview': 'SelfSubjectRulesReview',
  'authorization.k8s.io/v1/SubjectAccessReview': 'SubjectAccessReview',
  'coordination.k8s.io/v1/Lease': 'Lease',
  'discovery.k8s.io/v1/EndpointSlice': 'EndpointSlice',
  'rbac.authorization.k8s.io/v1/ClusterRole': 'ClusterRole',
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': 'RoleBinding',
  'rbac.authorization.k8s.io/v1/Role': 'Role',
  'rbac.authorization.k8s.io/v1/RoleBinding': 'RoleBinding',
  'scheduling.k8s.io/v1/PriorityClass': 'PriorityClass',
}

const meta: WireTables = {
  ObjectMeta: `1 name, 2 generateName, 3 namespace, 4 selfLink, 5 uid, 6 resourceVersion, 7 generation:i,
    8 creationTimestamp:Time, 9 deletionTimestamp*:Time, 10 deletionGracePeriodSeconds*:i, 11 labels:{s},
    12 annotations:{s}, 13 ownerReferences:[OwnerReference], 14 finalizers:[s], 17 managedFields:[ManagedFieldsEntry]`,
  OwnerReference: '1 kind!, 3 name!, 4 uid!, 5 apiVersion!, 6 controller*:b, 7 blockOwnerDeletion*:b',
  ManagedFieldsEntry: '1 manager, 2 operation, 3 apiVersion, 4 time*:Time, 6 fieldsType, 7 fieldsV1*:RawJson, 8 subresource',
  Condition: '1 type!, 2 status!, 3 observedGeneration:i, 4 lastTransitionTime!:Time, 5 reason!, 6 message!',
  DeleteOptions: `1 gracePeriodSeconds*:i, 2 preconditions*:Preconditions, 3 orphanDependents*:b, 4 propagationPolicy*,
    5 dryRun:[s], 6 ignoreStoreReadErrorWithClusterBreakingPotential*:b`,
  Preconditions: '1 uid*, 2 resourceVersion*',
}

const core: WireTables = {
  Namespace: '1 metadata:ObjectMeta, 2 spec:NamespaceSpec, 3 status:NamespaceStatus',
  NamespaceSpec: '1 finalizers:[s]',
  NamespaceStatus: '1 phase, 2 conditions:[NamespaceCondition]',
  NamespaceCondition: '1 type!, 2 status!, 4 lastTransitionTime:Time, 5 reason, 6 message',
  ConfigMap: '1 metadata:ObjectMeta, 2 data:{s}, 3 binaryData:{B}, 4 immutable*:b',
  Secret: '1 metadata:ObjectMeta, 2 data:{B}, 3 type, 4 stringData:{s}, 5 immutable*:b',
  ServiceAccount: `1 metadata:ObjectMeta, 2 secrets:[ObjectReference], 3 imagePullSecrets:[LocalObjectReference],
    4 automountServiceAccountToken*:b`,
  ResourceQuota: '1 metadata:ObjectMeta, 2 spec:ResourceQuotaSpec, 3 status:ResourceQuotaStatus',
  ResourceQuotaSpec: '1 hard:{Quantity}, 2 scopes:[s], 3 scopeSelector*:ScopeSelector',
  ResourceQuotaStatus: '1 hard:{Quantity}, 2 used:{Quantity}',
  ScopeSelector: '1 matchExpressions:[ScopeRequirement]',
  ScopeRequirement: '1 scopeName!, 2 operator!, 3 values:[s]',
  ObjectReference: '1 kind, 2 namespace, 3 name, 4 uid, 5 apiVersion, 6 resourceVersion, 7 fieldPath',
  LocalObjectReference: '1 name',
  Event: `1 metadata!:ObjectMeta, 2 involvedObject!:ObjectReference, 3 reason, 4 message, 5 source:EventSource,
    6 firstTimestamp:Time, 7 lastTimestamp:Time, 8 count:i, 9 type, 10 eventTime:MicroTime, 11 series*:EventSeries,
    12 action, 13 related*:ObjectReference, 14 reportingComponent!, 15 reportingInstance!`,
  EventSource: '1 component, 2 host',
  EventSeries: '1 count:i, 2 lastObservedTime:MicroTime',
}

const service: WireTables = {
  Service: '1 metadata:ObjectMeta, 2 spec:ServiceSpec, 3 status:ServiceStatus',
  ServiceSpec: `1 ports:[ServicePort], 2 selector:{s}, 3 clusterIP, 4 type, 5 externalIPs:[s], 7 sessionAffinity,
    8 loadBalancerIP, 9 loadBalancerSourceRanges:[s], 10 externalName, 11 externalTrafficPolicy, 12 healthCheckNodePort:i,
    13 publishNotReadyAddresses:b, 14 sessionAffinityConfig*:SessionAffinityConfig, 17 ipFamilyPolicy*, 18 clusterIPs:[s],
    19 ipFamilies:[s], 20 allocateLoadBalancerNodePorts*:b, 21 loadBalancerClass*, 22 internalTrafficPolicy*,
    23 trafficDistribution*`,
  ServicePort: '1 name, 2 protocol, 3 port!:i, 4 targetPort:IntOrString, 5 nodePort:i, 6 appProtocol*',
  SessionAffinityConfig: '1 clientIP*:ClientIPConfig',
  ClientIPConfig: '1 timeoutSeconds*:i',
  ServiceStatus: '1 loadBalancer:LoadBalancerStatus, 2 conditions:[Condition]',
  LoadBalancerStatus: '1 ingress:[LoadBalancerIngress]',
  LoadBalancerIngress: '1 ip, 2 hostname, 3 ipMode*, 4 ports:[PortStatus]',
  PortStatus: '1 port!:i, 2 protocol!, 3 error*',
  Endpoints: '1 metadata:ObjectMeta, 2 subsets:[EndpointSubset]',
  EndpointSubset: '1 addresses:[EndpointAddress], 2 notReadyAddresses:[EndpointAddress], 3 ports:[EndpointPort]',
  EndpointAddress: '1 ip!, 2 targetRef*:ObjectReference, 3 hostname, 4 nodeName*',
  EndpointPort: '1 name, 2 port!:i, 3 protocol, 4 appProtocol*',
  EndpointSlice: '1 metadata:ObjectMeta, 2 endpoints!:[Endpoint], 3 ports!:[SlicePort], 4 addressType!',
  Endpoint: `1 addresses!:[s], 2 conditions:EndpointConditions, 3 hostname*, 4 targetRef*:ObjectReference,
    5 deprecatedTopology:{s}, 6 nodeName*, 7 zone*, 8 hints*:EndpointHints`,
  EndpointConditions: '1 ready*:b, 2 serving*:b, 3 terminating*:b',
  EndpointHints: '1 forZones:[ForZone], 2 forNodes:[ForNode]',
  ForZone: '1 name!',
  ForNode: '1 name!',
  SlicePort: '1 name*, 2 protocol*, 3 port*:i, 4 appProtocol*',
}

const node: WireTables = {
  Node: '1 metadata:ObjectMeta, 2 spec:NodeSpec, 3 status:NodeStatus',
  NodeSpec: `1 podCIDR, 2 externalID, 3 providerID, 4 unschedulable:b, 5 taints:[Taint], 6 configSource*:NodeConfigSource,
    7 podCIDRs:[s], 8 podPreemptionPolicy*:NodePodPreemptionPolicy`,
  Taint: '1 key!, 2 value, 3 effect!, 4 timeAdded*:Time',
  NodeConfigSource: '2 configMap*:ConfigMapNodeConfigSource',
  ConfigMapNodeConfigSource: '1 namespace!, 2 name!, 3 uid, 4 resourceVersion, 5 kubeletConfigKey!',
  NodePodPreemptionPolicy: '1 disableResizePreemption:[s]',
  NodeStatus: `1 capacity:{Quantity}, 2 allocatable:{Quantity}, 3 phase, 4 conditions:[NodeCondition],
    5 addresses:[NodeAddress], 6 daemonEndpoints:NodeDaemonEndpoints, 7 nodeInfo:NodeSystemInfo, 8 images:[ContainerImage],
    9 volumesInUse:[s], 10 volumesAttached:[AttachedVolume], 11 config*:NodeConfigStatus,
    12 runtimeHandlers:[NodeRuntimeHandler], 13 features*:NodeFeatures, 14 declaredFeatures:[s]`,
  NodeCondition: '1 type!, 2 status!, 3 lastHeartbeatTime:Time, 4 lastTransitionTime:Time, 5 reason, 6 message',
  NodeAddress: '1 type!, 2 address!',
  NodeDaemonEndpoints: '1 kubeletEndpoint:DaemonEndpoint',
  DaemonEndpoint: '1 Port!:i',
  NodeSystemInfo: `1 machineID!, 2 systemUUID!, 3 bootID!, 4 kernelVersion!, 5 osImage!, 6 containerRuntimeVersion!,
    7 kubeletVersion!, 8 kubeProxyVersion!, 9 operatingSystem!, 10 architecture!, 11 swap*:NodeSwapStatus`,
  NodeSwapStatus: '1 capacity*:i',
  ContainerImage: '1 names!:[s], 2 sizeBytes:i',
  AttachedVolume: '1 name!, 2 devicePath!',
  NodeConfigStatus: '1 assigned*:NodeConfigSource, 2 active*:NodeConfigSource, 3 lastKnownGood*:NodeConfigSource, 4 error',
  NodeRuntimeHandler: '1 name!, 2 features*:NodeRuntimeHandlerFeatures',
  NodeRuntimeHandlerFeatures: '1 recursiveReadOnlyMounts*:b, 2 userNamespaces*:b',
  NodeFeatures: '1 supplementalGroupsPolicy*:b',
}

const apps: WireTables = { ControllerRevision: '1 metadata:ObjectMeta, 2 data!:RawJson, 3 revision!:i' }

const coordination: WireTables = {
  Lease: '1 metadata:ObjectMeta, 2 spec:LeaseSpec',
  LeaseSpec: `1 holderIdentity*, 2 leaseDurationSeconds*:i, 3 acquireTime*:MicroTime, 4 renewTime*:MicroTime,
    5 leaseTransitions*:i, 6 strategy*, 7 preferredHolder*`,
}

const scheduling: WireTables = {
  PriorityClass: '1 metadata:ObjectMeta, 2 value!:i, 3 globalDefault:b, 4 description, 5 preemptionPolicy*',
}

const rbac: WireTables = {
  Role: '1 metadata:ObjectMeta, 2 rules:[PolicyRule]',
  ClusterRole: '1 metadata:ObjectMeta, 2 rules:[PolicyRule], 3 aggregationRule*:AggregationRule',
  RoleBinding: '1 metadata:ObjectMeta, 2 subjects:[Subject], 3 roleRef!:RoleRef',
  PolicyRule: '1 verbs!:[s], 2 apiGroups:[s], 3 resources:[s], 4 resourceNames:[s], 5 nonResourceURLs:[s]',
  AggregationRule: '1 clusterRoleSelectors:[LabelSelector]',
  LabelSelector: '1 matchLabels:{s}, 2 matchExpressions:[LabelSelectorRequirement]',
  LabelSelectorRequirement: '1 key!, 2 operator!, 3 values:[s]',
  Subject: '1 kind!, 2 apiGroup, 3 name!, 4 namespace',
  RoleRef: '1 apiGroup!, 2 kind!, 3 name!',
}

/** Asked only: what comes back in `status` is the server's. */
const reviews: WireTables = {
  SelfSubjectReview: '1 metadata:ObjectMeta',
  TokenReview: '1 metadata:ObjectMeta, 2 spec!:TokenReviewSpec',
  TokenReviewSpec: '1 token, 2 audiences:[s]',
  TokenRequest: '1 metadata:ObjectMeta, 2 spec!:TokenRequestSpec',
  TokenRequestSpec: '1 audiences!:[s], 3 boundObjectRef*:BoundObjectReference, 4 expirationSeconds*:i',
  BoundObjectReference: '1 kind, 2 apiVersion, 3 name, 4 uid',
  SelfSubjectAccessReview: '1 metadata:ObjectMeta, 2 spec!:SelfSubjectAccessReviewSpec',
  SelfSubjectAccessReviewSpec: '1 resourceAttributes*:ResourceAttributes, 2 nonResourceAttributes*:NonResourceAttributes',
  SelfSubjectRulesReview: '1 metadata:ObjectMeta, 2 spec!:SelfSubjectRulesReviewSpec',
  SelfSubjectRulesReviewSpec: '1 namespace',
  SubjectAccessReview: '1 metadata:ObjectMeta, 2 spec!:SubjectAccessReviewSpec',
  SubjectAccessReviewSpec: `1 resourceAttributes*:ResourceAttributes, 2 nonResourceAttributes*:NonResourceAttributes,
    3 user, 4 groups:[s], 6 uid`,
  ResourceAttributes: `1 namespace, 2 verb, 3 group, 4 version, 5 resource, 6 subresource, 7 name`,
  NonResourceAttributes: '1 path, 2 verb',
}

const customResources: WireTables = {
  CustomResourceDefinition:
    '1 metadata:ObjectMeta, 2 spec!:CustomResourceDefinitionSpec, 3 status:CustomResourceDefinitionStatus',
  CustomResourceDefinitionSpec: `1 group!, 3 names!:CustomResourceDefinitionNames, 4 scope!,
    7 versions!:[CustomResourceDefinitionVersion], 9 conversion*:CustomResourceConversion, 10 preserveUnknownFields:b`,
  CustomResourceDefinitionStatus: `1 conditions!:[CustomResourceDefinitionCondition],
    2 acceptedNames!:CustomResourceDefinitionNames, 3 storedVersions!:[s], 4 observedGeneration:i`,
  CustomResourceDefinitionNames: '1 plural!, 2 singular, 3 shortNames:[s], 4 kind!, 5 listKind, 6 categories:[s]',
  CustomResourceDefinitionVersion: `1 name!, 2 served!:b, 3 storage!:b, 4 schema*:CustomResourceValidation,
    5 subresources*:CustomResourceSubresources, 6 additionalPrinterColumns:[CustomResourceColumnDefinition], 7 deprecated:b,
    8 deprecationWarning*, 9 selectableFields:[SelectableField]`,
  CustomResourceConversion: '1 strategy!, 2 webhook*:WebhookConversion',
  CustomResourceDefinitionCondition: '1 type!, 2 status!, 3 lastTransitionTime:Time, 4 reason, 5 message, 6 observedGeneration:i',
  CustomResourceValidation: '1 openAPIV3Schema*:JSONSchemaProps',
  CustomResourceSubresources: '1 status*:CustomResourceSubresourceStatus, 2 scale*:CustomResourceSubresourceScale',
  CustomResourceSubresourceStatus: '',
  CustomResourceSubresourceScale: '1 specReplicasPath!, 2 statusReplicasPath!, 3 labelSelectorPath*',
  CustomResourceColumnDefinition: '1 name!, 2 type!, 3 format, 4 description, 5 priority:i, 6 jsonPath!',
  SelectableField: '1 jsonPath!',
  WebhookConversion: '2 clientConfig*:WebhookClientConfig, 3 conversionReviewVersions!:[s]',
  WebhookClientConfig: '1 service*:ServiceReference, 2 caBundle:B, 3 url*',
  ServiceReference: '1 namespace!, 2 name!, 3 path*, 4 port*:i',
  JSONSchemaProps: `1 id, 2 $schema, 3 $ref*, 4 description, 5 type, 6 format, 7 title, 8 default*:RawJson, 9 maximum*:d,
    10 exclusiveMaximum:b, 11 minimum*:d, 12 exclusiveMinimum:b, 13 maxLength*:i, 14 minLength*:i, 15 pattern,
    16 maxItems*:i, 17 minItems*:i, 18 uniqueItems:b, 19 multipleOf*:d, 20 enum:[RawJson], 21 maxProperties*:i,
    22 minProperties*:i, 23 required:[s], 24 items*:SchemaOrArray, 25 allOf:[JSONSchemaProps], 26 oneOf:[JSONSchemaProps],
    27 anyOf:[JSONSchemaProps], 28 not*:JSONSchemaProps, 29 properties:{JSONSchemaProps}, 30 additionalProperties*:SchemaOrBool,
    31 patternProperties:{JSONSchemaProps}, 32 dependencies:{SchemaOrTexts}, 33 additionalItems*:SchemaOrBool,
    34 definitions:{JSONSchemaProps}, 35 externalDocs*:ExternalDocumentation, 36 example*:RawJson, 37 nullable:b,
    38 x-kubernetes-preserve-unknown-fields*:b, 39 x-kubernetes-embedded-resource:b, 40 x-kubernetes-int-or-string:b,
    41 x-kubernetes-list-map-keys:[s], 42 x-kubernetes-list-type*, 43 x-kubernetes-map-type*,
    44 x-kubernetes-validations:[ValidationRule]`,
  ExternalDocumentation: '1 description, 2 url',
  ValidationRule: '1 rule!, 2 message, 3 messageExpression, 4 reason*, 5 fieldPath, 6 optionalOldSelf*:b',
}

export const wireMessages: WireTables = {
  ...meta,
  ...core,
  ...service,
  ...node,
  ...customResources,
  ...apps,
  ...coordination,
  ...scheduling,
  ...rbac,
  ...reviews,
}
