// Help for the commands of this room.

const common = `  --data DIR           the data folder (SHEAF_DATA; default: $XDG_DATA_HOME/sheaf, else ~/.local/share/sheaf)
`

const texts: Readonly<Record<string, string>> = {
  serve: `Usage: sheaf serve [options]

Runs the server in the foreground: the Kubernetes API, on the loopback address unless told otherwise, and every machine that is to run.
Guests that run already are taken up again as they are. Ctrl-C ends the server and leaves the guests running.

Options:
${common}  --port PORT          the port of the API (SHEAF_PORT; default: 6443; 0 takes any free one)
  --insecure-registries HOSTS
                       registries that are spoken to without encryption, with commas between; those on this machine
                       are anyway (SHEAF_INSECURE_REGISTRIES)
  --registry-mirrors REGISTRY=HOST
                       hosts that are asked for images before their registry, as docker.io=mirror.example:5000, with
                       commas between (SHEAF_REGISTRY_MIRRORS)
  --image-folders DIRS folders of this machine, with commas between, below which a VirtualMachineImage may name a file by a
                       file URL; none by default (SHEAF_IMAGE_FOLDERS)
  --address ADDRESS    where the API listens (SHEAF_ADDRESS; default: 127.0.0.1); 0.0.0.0 is every address of this machine
  --allow-remote       lets --address be one that other machines reach (SHEAF_ALLOW_REMOTE=yes)
  --host-names NAMES   further names under which clients reach this machine, with commas between, for the certificate
                       (SHEAF_HOST_NAMES)
  --oidc-issuer-url URL, --oidc-client-id ID
                       takes tokens of this identity provider that are made for this client
  --oidc-username-claim CLAIM, --oidc-username-prefix PREFIX
                       which claim names the user (default: sub), and what goes before the name (default: the issuer and
                       "#"; nothing for email; "-" for nothing)
  --oidc-groups-claim CLAIM, --oidc-groups-prefix PREFIX
                       which claim names the groups (default: none), and what goes before them
  --oidc-required-claim NAME=VALUE
                       what else a token must say; may be given several times
  --oidc-ca-file FILE  who has signed the provider's certificate (default: the system's authorities)
  --audit-log on|off   writes down who asked for what, in the audit folder of the data folder (SHEAF_AUDIT_LOG; default: on)
  --service-address ADDRESS
                       the address of this machine on which the ports of services are open; others reach guests through
                       it, so it is 127.0.0.1 unless you decide otherwise; 0.0.0.0 is all of them
                       (SHEAF_SERVICE_ADDRESS)
  --releases PLACE     where releases are looked for that this machine can be upgraded to, every hour: an https URL, or a
                       folder of this machine; nowhere by default (SHEAF_RELEASES)
  --log-level LEVEL    debug, info, warn or error (SHEAF_LOG; default: info)
  --log-format FORMAT  text or json (default: text)

SHEAF_FEATURE_GATES opens what is shut by default: HostDisk lets whoever writes machines use files of this machine as
disks.
`,
  supervise: `Usage: PREFIX/bin/sheaf supervise [options of sheaf serve]

Runs the release that is current in PREFIX, starts it again when it ends, and puts another one in its place when that is asked
for: by an upgrade, or by sheaf upgrade rollback. What does not prove itself is taken back. It is what the service runs; without
systemd, run it in the foreground. Ctrl-C ends it and leaves the guests running. sheaf install makes PREFIX.
`,
  install: `Usage: sheaf install [options]

Installs this program, or the release in an ISO, with a supervisor that upgrades it while guests run; and a service, where
systemd runs. Run it again to mend an installation: what is there and whole stays, and no release is made older.

Options:
  --prefix DIR         where (default: /opt/sheaf for root, else ~/.local/opt/sheaf)
  --data DIR           the data folder (SHEAF_DATA; default: $XDG_DATA_HOME/sheaf, else ~/.local/share/sheaf)
  --port PORT          the port of the API (SHEAF_PORT; default: 6443)
  --iso FILE           a release, made by sheaf release build; needs a key that is trusted
  --pub FILE           a public key whose releases are trusted, now and in upgrades; may be given several times
  --no-service         sets up no service
  --allow-downgrade    puts an older release in the place of a newer one, whatever is stored

Exit codes: 0 done, 1 refused or failed, 2 misused.
`,
  uninstall: `Usage: sheaf uninstall [options]

Ends the service and takes the program away. Data stays. While guests run it is refused.

Options:
  --prefix DIR         where it is installed (default: as for sheaf install)
  --purge              takes the data away as well
  --leave-guests       lets guests run on, though nobody looks after them

Exit codes: 0 done, 1 refused or failed, 2 misused.
`,
  version: `Usage: sheaf version [--output text|json]

Tells the release of this program; and of the server on the data folder, if one answers: its release, its supervisor, the release
before, and how the last trial of a release ended.
`,
  user: `Usage: sheaf user add NAME [options]
       sheaf user rotate NAME [--out FILE] [--days DAYS] [--server URL]
       sheaf user revoke NAME
       sheaf user list [--output text|json]

Lets people in, each with a certificate and a kubeconfig of their own. It is run where the data folder is, while the server runs.

  add      makes a certificate, lets it in, and writes the kubeconfig for it
  rotate   makes a new one; the one before is refused from then on
  revoke   refuses it from then on, and takes away what add has given
  list     who is let in, until when, and with which roles

Options:
${common}  --group GROUP        a group that the certificate names; may be given several times
  --role ROLE          view, edit, admin or cluster-admin (default: none; any role is bound with kubectl)
  --namespace NAME     where the role holds (default: everywhere)
  --out FILE           where the kubeconfig goes; - is the output (default: NAME.kubeconfig)
  --days DAYS          how long the certificate is good (default: 365; at most 400)
  --server URL         how the person reaches the server (default: as it is reached on this machine)

Exit codes: 0 done, 1 refused or failed, 2 misused.
`,
  down: `Usage: sheaf down [options]

Ends the server, then shuts down every guest: each is asked, given its time, and ended if it does not listen. What was
wanted of them stays: at the next start, machines that ran under Always or RerunOnFailure run again.

Options:
${common}`,
  release: `Usage: sheaf release keygen --out DIR
       sheaf release build --version V --key FILE --out FILE.iso [options]
       sheaf release inspect FILE.iso --pub FILE.pub [--output text|json]
       sheaf release verify FILE.iso --pub FILE.pub [--output text|json]

A release is an ISO that holds the program, serves it to an upgrade when it is booted, and is signed by a key that does not
travel with it.

  keygen   makes a pair of keys: release.key signs, release.pub is given to those who are to trust it
  build    makes a release from a checkout of Sheaf; the same tree gives the same ISO, byte for byte
  inspect  says what a release is, once its signature has been checked; quick
  verify   also reads every file and compares it with what was signed

Options of build:
  --version V          the version, such as 1.2.0
  --key FILE           the secret key
  --out FILE.iso       where it goes
  --min-upgradable V   the oldest version that may be upgraded to it
  --date TIME          RFC 3339; also the time of every file in it (default: of the last commit)
  --expires TIME       RFC 3339; after that it is not installed any more
  --notes DIR          a folder with en.md and zh.md (default: docs/release-notes)

--pub may be given several times: any of the keys will do. Exit codes: 0 it holds, 1 it does not or it could not be done,
2 misused. The signature is in minisign's format, over the file "manifest": minisign -V -p release.pub -m manifest
`,
  rehearse: `Usage: sheaf rehearse --store COPY.db [--temp DIR] [--timeout SECONDS]

For upgrades, not for people: an upgrade runs this of the new release before anything is touched. Starts a whole control plane of
this release over a copy of a store and simulated machines, without a port, and prints as one line of JSON what came of it:
objects that it could not read or would refuse, what its migrations would change, and machines that it would not leave alone.

Options:
  --store COPY.db      a copy of a store; it is not changed
  --temp DIR           where it works, in a folder of its own that is gone at the end (default: the system's)
  --timeout SECONDS    how long it may take (default: 300)

Exit codes: 0 no problems, 1 problems or it could not be done, 2 misuse.
`,
  doctor: `Usage: sheaf doctor [options]

Looks at this machine: what is missing or slow, and the command that mends it. Exit code 1 when something is missing
that guests need.

Options:
${common}`,
}

export function usage(command: string): string {
  return texts[command] ?? Object.values(texts).join('\n')
}
