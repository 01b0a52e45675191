// The ConfigMap kube-root-ca.crt of every namespace: programs that are given a token read there whom to trust.

import { type ConfigMap, configMapDefinition } from '@sheaf/api'
import { isAlreadyExists, isConflict, isNotFound, sameJson } from '@sheaf/api/meta'
import { after, done, type Result } from '@sheaf/machinery/controller'
import { authorityCompareMs, type TokenIssuer } from '../access/token-issuer.ts'
import type { Ports } from '../ports.ts'

export const rootAuthorityName = 'kube-root-ca.crt'

export type RootAuthorityPorts = Ports & { tokens: Pick<TokenIssuer, 'authorityPem'> }

export async function keepRootAuthority(namespace: string, { client, tokens }: RootAuthorityPorts): Promise<Result> {
  const authority = tokens.authorityPem()
  if (authority === '') return done
  const maps = client.resource<ConfigMap>(configMapDefinition)
  const metadata = { namespace, name: rootAuthorityName }
  const data = { 'ca.crt': authority }
  try {
    const map = await maps.find(metadata)
    if (map === undefined) await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
    else if (!sameJson(map.data, data)) await maps.update({ ...map, data })
  } catch (error) {
    // Somebody was quicker: what they did brings the key again.
    if (!isAlreadyExists(error) && !isConflict(error) && !isNotFound(error)) throw error
  }
  return after(authorityCompareMs)
}
