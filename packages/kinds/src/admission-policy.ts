// What this platform answers where KubeVirt lets the administrator choose.

import { type AdmissionPolicy, defaultAdmissionPolicy } from '@sheaf/api'
import type { FeatureGate } from './feature-gates.ts'

export const admissionPolicyWith = (featureGates: readonly FeatureGate[] = []): AdmissionPolicy => ({
  ...defaultAdmissionPolicy,
  // RebootPolicy is open in KubeVirt 1.9 too: a guest's reboot can end its instance.
  featureGates: [...defaultAdmissionPolicy.featureGates, 'RebootPolicy', ...featureGates],
  // Guests live behind QEMU's user-mode network: what nobody described is attached as it really is.
  defaultBinding: 'masquerade',
})
