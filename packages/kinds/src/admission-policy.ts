// What this platform answers where KubeVirt lets the administrator choose.

import { type AdmissionPolicy, defaultAdmissionPolicy } from '@sheaf/api'

export const admissionPolicy: AdmissionPolicy = {
  ...defaultAdmissionPolicy,
  // Open in KubeVirt 1.9 too: a guest's reboot can end its instance.
  featureGates: ['RebootPolicy'],
  // Guests live behind QEMU's user-mode network: what nobody described is attached as it really is.
  defaultBinding: 'masquerade',
}
