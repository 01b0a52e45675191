// What the types do not say of custom resource definitions: how schemas within schemas are spelled.

import { atomicList, int32, mapList, nullableTime, number, type SchemaOverlay } from './definition-overlay.ts'

const prefix = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'

export const customResources: SchemaOverlay = {
  [`${prefix}.JSONSchemaProps`]: {
    respelled: {
      xKubernetesEmbeddedResource: 'x-kubernetes-embedded-resource',
      xKubernetesIntOrString: 'x-kubernetes-int-or-string',
      xKubernetesListMapKeys: 'x-kubernetes-list-map-keys',
      xKubernetesListType: 'x-kubernetes-list-type',
      xKubernetesMapType: 'x-kubernetes-map-type',
      xKubernetesPreserveUnknownFields: 'x-kubernetes-preserve-unknown-fields',
      xKubernetesValidations: 'x-kubernetes-validations',
    },
    // A schema or a flag, a schema or several, any JSON at all: no structural schema can say that.
    free: ['additionalItems', 'additionalProperties', 'default', 'enum', 'example', 'items', 'dependencies'],
    properties: { maximum: number, minimum: number, multipleOf: number },
  },
  [`${prefix}.CustomResourceColumnDefinition`]: { properties: { priority: int32 } },
  [`${prefix}.CustomResourceDefinitionStatus`]: { properties: { conditions: mapList('type'), storedVersions: atomicList } },
  [`${prefix}.CustomResourceDefinitionCondition`]: { properties: { lastTransitionTime: nullableTime } },
  [`${prefix}.ServiceReference`]: { properties: { port: int32 } },
  [`${prefix}.WebhookClientConfig`]: { properties: { caBundle: { format: 'byte' } } },
}
