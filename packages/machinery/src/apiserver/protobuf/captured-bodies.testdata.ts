// For tests: request bodies as kubectl 1.33 sends them, and what they mean.

import type { JsonObject } from '@sheaf/api/meta'

interface CapturedBody {
  command: string
  base64: string
  object: JsonObject
}

export const capturedBodies: readonly CapturedBody[] = [
  {
    command: 'kubectl create namespace orchard',
    base64: 'azhzAAoPCgJ2MRIJTmFtZXNwYWNlEh8KFwoHb3JjaGFyZBIAGgAiACoAMgA4AEIAEgAaAgoAGgAiAA==',
    object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'orchard' } },
  },
  {
    command: 'kubectl create configmap settings --from-literal=color=green --from-literal=empty=',
    base64: 'azhzAAoPCgJ2MRIJQ29uZmlnTWFwEjUKGAoIc2V0dGluZ3MSABoAIgAqADIAOABCABIOCgVjb2xvchIFZ3JlZW4SCQoFZW1wdHkSABoAIgA=',
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { color: 'green', empty: '' } },
  },
  {
    command: 'kubectl create secret generic login --from-literal=password=s3cret',
    base64: 'azhzAAoMCgJ2MRIGU2VjcmV0Ei0KFQoFbG9naW4SABoAIgAqADIAOABCABISCghwYXNzd29yZBIGczNjcmV0GgAaACIA',
    object: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login' }, data: { password: 'czNjcmV0' } },
  },
  {
    command: 'kubectl create service nodeport np --tcp=80:http --node-port=30080',
    base64:
      'azhzAAoNCgJ2MRIHU2VydmljZRJqCh0KAm5wEgAaACIAKgAyADgAQgBaCQoDYXBwEgJucBJFCiAKBzgwLWh0dHASA1RDUBhQIgoIARAAGgRodHRwKIDrARIJCgNhcHASAm5wGgAiCE5vZGVQb3J0OgBCAFIAWgBgAGgAGgIKABoAIgA=',
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'np', labels: { app: 'np' } },
      spec: {
        ports: [{ name: '80-http', protocol: 'TCP', port: 80, targetPort: 'http', nodePort: 30080 }],
        selector: { app: 'np' },
        type: 'NodePort',
      },
    },
  },
]
