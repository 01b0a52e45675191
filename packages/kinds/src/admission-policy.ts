// What this platform answers where KubeVirt lets the administrator choose.

import { type AdmissionPolicy, defaultAdmissionPolicy } from '@sheaf/api'

export const admissionPolicy: AdmissionPolicy = {
  ...defaultAdmissionPolicy,
  // Guests live behind QEMU's user-mode network: what nobody described is attached as it really is.
  defaultBinding: 'masquerade',
  featureGates: ['RebootPolicy'],
}
