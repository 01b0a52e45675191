// Who Sheaf's own controllers are when they come through the front door.

import type { UserInfo } from '@sheaf/machinery/kind'

export const controllerUser: UserInfo = {
  username: 'system:serviceaccount:kube-system:sheaf-controller',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated', 'system:masters'],
  isSelf: true,
}

export const isController = (user: UserInfo): boolean => user.isSelf === true
