/** Server-side apply came out of alpha with this minor version, and kubectl sends it properly from there on. */
export const serverSideFrom = 18

/** A definition of a namespace's own, so that clients beside each other do not meet. */
export function widgetDefinition(namespace: string) {
  const plural = `${namespace.replaceAll('-', '')}widgets`
  const kind = `${plural.charAt(0).toUpperCase()}${plural.slice(1, -1)}`
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.matrix.example` },
    spec: {
      group: 'matrix.example',
      scope: 'Namespaced',
      names: { plural, singular: plural.slice(0, -1), kind },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { size: { type: 'integer', minimum: 1 } } } },
            },
          },
        },
      ],
    },
  }
}
