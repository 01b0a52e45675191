// The Kind Version: a release that can be upgraded to.

import { isSha512, type Version, versionDefinition } from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { deniedRequest } from '../harvester-denial.ts'

export const versionKind: Kind<Version> = {
  definition: versionDefinition,
  admission: {
    validate({ operation, object }) {
      const { isoChecksum = '' } = object.spec
      if (operation === 'DELETE' || isoChecksum === '' || isSha512(isoChecksum)) return
      throw deniedRequest(
        `invalid isoChecksum ${isoChecksum}: it is the SHA-512 of the ISO, 128 hexadecimal digits in lower case as sha512sum prints them`,
      )
    },
  },
}
