// Whether the platform is in a state to be upgraded: its store, its clock, its machines and what is done to them.

import { type Check, type Finding, fail, named, pass, warn } from './check.ts'
import type { PreflightFacts } from './facts.ts'

const dayMs = 24 * 60 * 60 * 1000
/** Harvester's default: a certificate must not end in the middle of things. */
const certificateLeastDays = 7
/** Copies of the kubeconfig end with the authority, and whoever has them needs time to take the new one. */
export const authorityNoticeDays = 90

export const platformChecks: readonly Check[] = [
  {
    id: 'clock',
    title: 'the clock',
    looksAt: 'whether a time service keeps it, where systemd can be asked',
    mayBeOverridden: true,
    judge: ({ clockIsKept }) =>
      clockIsKept === false
        ? warn('no time service keeps the clock', 'Turn one on: timedatectl set-ntp true')
        : pass(clockIsKept ? 'a time service keeps it' : 'whether a time service keeps it cannot be told here'),
  },
  {
    id: 'certificates',
    title: 'certificates',
    looksAt: "when the server's certificate and its authority end; they renew themselves 30 days before",
    fix: 'renew-certificates',
    mayBeOverridden: true,
    judge: judgeCertificates,
  },
  {
    id: 'store',
    title: 'the store',
    looksAt: 'every page of its file',
    mayBeOverridden: false,
    judge: ({ storeProblem }) =>
      storeProblem === undefined
        ? pass('it is whole')
        : fail(storeProblem, 'Restore the store from a backup before anything else.'),
  },
  {
    id: 'in-progress',
    title: 'what must not be cut in two',
    looksAt:
      'migrations; backups, snapshots, restores, clones and exports, as far as their Kinds are served; and images on their way here, which go on afterwards. `sheaf migrate-storage` is not seen and need not be: it writes object by object',
    mayBeOverridden: true,
    judge: judgeProgress,
  },
  {
    id: 'machines-in-transition',
    title: 'machines that are starting or stopping',
    looksAt: 'what virtual machines say of themselves',
    mayBeOverridden: true,
    judge: ({ machinesInTransition }) =>
      machinesInTransition.length === 0
        ? pass('none')
        : warn(`under way: ${named(machinesInTransition)}`, 'They go on afterwards; wait for them if you want to see it.'),
  },
  {
    id: 'machines-not-adopted',
    title: 'machines that were not taken up',
    looksAt: 'processes of QEMU that belong to no instance',
    mayBeOverridden: true,
    judge: ({ machinesNotAdopted }) =>
      machinesNotAdopted.length === 0
        ? pass('none')
        : fail(
            `not looked after by anybody: ${named(machinesNotAdopted)}`,
            'Nobody could tell whether they survived: end them, or give them their objects back. See: sheaf doctor',
          ),
  },
  {
    id: 'deprecated-fields',
    title: 'deprecated fields',
    looksAt: 'every stored object of a Kind that has such fields, and who has sent one lately',
    fix: 'rewrite-deprecated-fields',
    mayBeOverridden: true,
    judge: judgeDeprecated,
  },
  {
    id: 'qemu',
    title: 'QEMU and machine types',
    looksAt: 'the QEMU that is installed, and the machine types that virtual machines name',
    mayBeOverridden: true,
    judge: judgeQemu,
  },
  {
    id: 'leftovers',
    title: "the last upgrade's leftovers",
    looksAt: 'repo VMs, images, folders and half-unpacked releases of upgrades that have ended or are gone',
    fix: 'remove-leftovers',
    mayBeOverridden: true,
    judge: ({ leftovers }) =>
      leftovers.length === 0
        ? pass('none')
        : fail(`still there: ${named(leftovers)}`, 'Remove them: sheaf upgrade preflight --fix', 'remove-leftovers'),
  },
]

function judgeProgress({ inProgress, imagesArriving }: PreflightFacts): Finding {
  if (inProgress.length > 0) return fail(`under way: ${named(inProgress)}`, 'Wait until they have ended, or delete them.')
  if (imagesArriving.length > 0)
    return warn(
      `images are on their way here: ${named(imagesArriving)}`,
      'They go on afterwards where they were; uploads have to be sent on.',
    )
  return pass('none')
}

function judgeCertificates({ certificateEndsMs, authorityEndsMs, nowMs }: PreflightFacts): Finding {
  const [days, authorityDays] = [certificateEndsMs, authorityEndsMs].map((ms) => Math.floor((ms - nowMs) / dayMs)) as [
    number,
    number,
  ]
  const first = Math.min(days, authorityDays)
  if (first < certificateLeastDays)
    return fail(
      first < 0 ? 'a certificate has ended' : `a certificate ends in ${first} days`,
      'Renew them: sheaf upgrade preflight --fix',
      'renew-certificates',
    )
  if (authorityDays < authorityNoticeDays)
    return warn(
      `the certificate authority ends in ${authorityDays} days, and every copy of the kubeconfig with it`,
      'Renew it, then hand out the kubeconfig again: sheaf upgrade preflight --fix',
      'renew-certificates',
    )
  return pass(`valid for another ${first} days`)
}

function judgeDeprecated({ deprecated: { stored, clients } }: PreflightFacts): Finding {
  if (stored.length === 0 && clients.length === 0) return pass('none are stored and nobody has sent any lately')
  const parts = [
    ...(stored.length === 0 ? [] : [`stored: ${named(stored.map(({ field, count }) => `${field} (${count})`))}`]),
    ...(clients.length === 0 ? [] : [`sent lately by ${named(clients)}`]),
  ]
  return warn(
    parts.join('; '),
    'What is stored is rewritten on the way; manifests and scripts are yours to change: sheaf deprecations',
    ...(stored.length === 0 ? ([] as const) : (['rewrite-deprecated-fields'] as const)),
  )
}

function judgeQemu({ qemu: { hostVersion, machinesOnOlder, unsupportedMachineTypes } }: PreflightFacts): Finding {
  if (hostVersion === undefined) return fail('QEMU cannot be asked for its version', 'See: sheaf doctor')
  if (unsupportedMachineTypes.length > 0)
    return fail(
      `QEMU ${hostVersion} does not know the machine types ${named(unsupportedMachineTypes)}`,
      'Guests that run go on, and could not be started again: give them another domain.machine.type.',
    )
  return machinesOnOlder.length === 0
    ? pass(`QEMU ${hostVersion}`)
    : warn(
        `QEMU ${hostVersion} is installed, and an older one still runs ${named(machinesOnOlder)}`,
        'They go on; each takes up the newer one when it is next started. To move them there while they run: sheaf upgrade start --move-guests, or one by one: sheaf migrate VM',
      )
}
