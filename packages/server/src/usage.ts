// Help for the commands of this room.

const common = `  --data DIR           the data folder (SHEAF_DATA; default: $XDG_DATA_HOME/sheaf, else ~/.local/share/sheaf)
`

const texts: Readonly<Record<string, string>> = {
  serve: `Usage: sheaf serve [options]

Runs the server in the foreground: the Kubernetes API on the loopback address, and every machine that is to run.
Guests that run already are taken up again as they are. Ctrl-C ends the server and leaves the guests running.

Options:
${common}  --port PORT          the port of the API (SHEAF_PORT; default: 6443; 0 takes any free one)
  --log-level LEVEL    debug, info, warn or error (SHEAF_LOG; default: info)
  --log-format FORMAT  text or json (default: text)

SHEAF_FEATURE_GATES opens what is shut by default: HostDisk lets whoever writes machines use files of this machine as
disks.
`,
  down: `Usage: sheaf down [options]

Ends the server, then shuts down every guest: each is asked, given its time, and ended if it does not listen. What was
wanted of them stays: at the next start, machines that ran under Always or RerunOnFailure run again.

Options:
${common}`,
  doctor: `Usage: sheaf doctor [options]

Looks at this machine: what is missing or slow, and the command that mends it. Exit code 1 when something is missing
that guests need.

Options:
${common}`,
}

export function usage(command: string): string {
  return texts[command] ?? Object.values(texts).join('\n')
}
