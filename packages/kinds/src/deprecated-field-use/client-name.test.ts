import { expect, test } from 'vitest'
import { clientName } from './client-name.ts'

test.each([
  ['kubectl/v1.32.5 (linux/amd64) kubernetes/9894294', 'kubectl'],
  ['kubectl1.20/v1.20.2 (linux/amd64) kubernetes/faecb19', 'kubectl'],
  ['kubectl.1.33/v1.33.1 (linux/amd64) kubernetes/8adc0f0', 'kubectl'],
  ['s3cmd-2', 's3cmd-2'],
  ['k8s/1', 'k8s'],
  ['virt-controller/v0.0.0 (linux/amd64) kubernetes/$Format/leader-election', 'virt-controller'],
  ['HashiCorp/1.0 Terraform/1.9.2', 'HashiCorp'],
  ['OpenAPI-Generator/29.0.0/python', 'OpenAPI-Generator'],
  ['my tool v1.2.3-rc.1', 'my tool'],
  ['Mozilla/5.0 (X11; Linux x86_64)', 'Mozilla'],
  ['curl', 'curl'],
  ['', 'unknown'],
  ['/1.0', 'unknown'],
  ['naïve\u0000tool/1', 'na?ve?tool'],
  ['x'.repeat(300), 'x'.repeat(64)],
])('DU3 the client of %j is %j', (userAgent, name) => {
  expect(clientName(userAgent)).toBe(name)
})
