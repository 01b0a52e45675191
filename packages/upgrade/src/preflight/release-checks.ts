// Whether this release may be installed here: the way, the signature, its age, its known risks.

import { compareVersions, isVersion, wayTo } from '../version.ts'
import { type Check, type Finding, fail, named, pass, warn } from './check.ts'
import type { PreflightFacts } from './facts.ts'

const dayMs = 24 * 60 * 60 * 1000
/** A release of that age may lack what was mended since; where there is no network nobody else says so. */
const oldReleaseMs = 270 * dayMs

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

export const releaseChecks: readonly Check[] = [
  {
    id: 'version-path',
    title: 'the way from the installed version',
    looksAt: 'whether it is newer than what runs, which is at least its minimum',
    mayBeOverridden: true,
    judge: judgeWay,
  },
  {
    id: 'signature',
    title: 'the signature of the release',
    looksAt: 'who has signed it, and the folder `trust` of the installation',
    mayBeOverridden: false,
    judge: judgeSignature,
  },
  {
    id: 'freshness',
    title: 'the age of the release',
    looksAt: 'when it was made and when it expires, by this clock',
    mayBeOverridden: true,
    judge: judgeFreshness,
  },
  {
    id: 'not-older-than',
    title: 'no return to something older',
    looksAt: 'the newest release that was ever upgraded to here, by the journals of earlier upgrades',
    mayBeOverridden: true,
    judge: judgeNewestSeen,
  },
  {
    id: 'known-risks',
    title: 'known risks',
    looksAt: 'the risks that the release names itself',
    mayBeOverridden: true,
    judge: judgeRisks,
  },
  {
    id: 'supervisor',
    title: 'the supervisor',
    looksAt: 'whether this server was started by it, and whether it is new enough for the release',
    mayBeOverridden: false,
    judge: judgeSupervisor,
  },
]

/** Anybody can write any version into a release that nobody we trust has signed. */
const isBelieved = ({ signature }: PreflightFacts['release']): boolean => signature === undefined || signature.state === 'trusted'
const notBelieved = pass('what the release says of itself counts once its signature holds')

function judgeWay({ installedVersion, release }: PreflightFacts): Finding {
  if (!isBelieved(release)) return notBelieved
  const way = wayTo({ installed: installedVersion, target: release.version, minUpgradable: release.minUpgradableVersion })
  if (way.isOpen) return pass(`${release.version} may follow ${installedVersion}`)
  return fail(way.message, 'Choose another version: kubectl get versions -n harvester-system')
}

function judgeSignature({ release: { signature } }: PreflightFacts): Finding {
  if (signature === undefined) return warn('the release is not here yet', 'It is checked once it is; nothing is unpacked before.')
  if (signature.state === 'trusted') return pass(`signed by the trusted key ${signature.keyId}`)
  return fail(
    signature.message,
    signature.state === 'untrusted'
      ? 'If you trust whoever signed it, put their public key, as a file that ends in .pub, into the folder trust of the installation.'
      : 'Get the release again from where it is published.',
  )
}

function judgeFreshness({ release: { releasedMs, expiresMs }, nowMs }: PreflightFacts): Finding {
  if (releasedMs !== undefined && releasedMs > nowMs + dayMs)
    return fail(
      `the release is of ${dateOf(releasedMs)} and this machine's clock says ${dateOf(nowMs)}`,
      'Set the clock: certificates and expiry depend on it.',
    )
  if (expiresMs !== undefined && expiresMs < nowMs)
    return fail(`the release expired on ${dateOf(expiresMs)}`, 'Take a newer release: this one is known to lack something.')
  if (releasedMs !== undefined && releasedMs + oldReleaseMs < nowMs)
    return warn(`the release is of ${dateOf(releasedMs)}`, 'Look whether there is a newer one.')
  return pass(releasedMs === undefined ? 'it does not say when it was made' : `made on ${dateOf(releasedMs)}`)
}

function judgeNewestSeen({ release }: PreflightFacts): Finding {
  if (!isBelieved(release)) return notBelieved
  const { version, newestSeenVersion } = release
  if (newestSeenVersion === undefined || !isVersion(newestSeenVersion) || !isVersion(version))
    return pass('nothing newer was installed here')
  if (compareVersions(version, newestSeenVersion) >= 0) return pass(`nothing newer than ${newestSeenVersion} was installed here`)
  return fail(
    `${newestSeenVersion} was installed here before, and ${version} is older`,
    'Whoever could hand you an old release could hand you its known holes. Take a newer one, or override this if you know why.',
  )
}

function judgeRisks({ release }: PreflightFacts): Finding {
  if (release.signature === undefined) return pass('they are known once the release is here')
  if (!isBelieved(release)) return notBelieved
  const { knownRisks } = release
  if (knownRisks.length === 0) return pass('the release names none')
  return warn(named(knownRisks.map(({ id, summary }) => `${id}: ${summary}`)), knownRisks.map(({ mend }) => mend).join(' '))
}

function judgeSupervisor({ supervisorVersion, release: { minSupervisorVersion } }: PreflightFacts): Finding {
  if (supervisorVersion === undefined)
    return fail(
      'this server was not started by the supervisor, so nothing could switch to another release',
      'Install Sheaf first: sheaf install',
    )
  if (minSupervisorVersion && isVersion(minSupervisorVersion) && compareVersions(supervisorVersion, minSupervisorVersion) < 0)
    return fail(
      `the release needs supervisor ${minSupervisorVersion} and ${supervisorVersion} is installed`,
      'Renew it from the ISO: sheaf install --supervisor-only',
    )
  return pass(`supervisor ${supervisorVersion}`)
}
