// Shell completion: a short script that asks this program, which knows its own commands and the server's machines.

import { type VirtualMachine, virtualMachineDefinition } from '@sheaf/api'
import { Argument, Command } from 'commander'
import { findConnection } from './connection.ts'

/** What is typed stands after `--`, so that what begins with a dash is not taken for an option of this program. */
const scripts: Readonly<Record<string, string>> = {
  bash: `_sheaf() { COMPREPLY=($(compgen -W "$(sheaf __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [[ ( \${COMP_WORDS[1]} == lint || \${COMP_WORDS[COMP_CWORD-1]} == --kubeconfig ) && \${#COMPREPLY[@]} == 0 ]] && compopt -o default; return 0; }
complete -F _sheaf sheaf
`,
  zsh: `#compdef sheaf
_sheaf() {
  local found=(\${(f)"$(sheaf __complete -- "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)"})
  if [[ ( $words[2] == lint || $words[CURRENT-1] == --kubeconfig ) && -z "$found" ]]; then _files; else compadd -- $found; fi
}
compdef _sheaf sheaf
`,
  fish: `complete -c sheaf -f -a '(sheaf __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
complete -c sheaf -n '__fish_seen_subcommand_from lint' -F
complete -c sheaf -n '__fish_seen_subcommand_from deprecations migrate-storage' -l kubeconfig -r -F
`,
}

export function completionCommands(program: Command): Command[] {
  const completion = new Command('completion')
    .description('print the completion script of a shell, e.g.: source <(sheaf completion bash)')
    .addArgument(new Argument('<shell>').choices(Object.keys(scripts)))
    .action((shell: string) => void process.stdout.write(scripts[shell] ?? ''))
  const answer = new Command('__complete')
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[]) => void process.stdout.write(`${(await candidates(program, words)).join('\n')}\n`))
  return [completion, answer]
}

/** What may stand where the last word is being typed. */
export async function candidates(program: Command, words: readonly string[]): Promise<string[]> {
  const [name = ''] = words
  if (words.length <= 1)
    return program.commands.map((each) => each.name()).filter((each) => !each.startsWith('_') && each.startsWith(name))
  const command = program.commands.find((each) => each.name() === name)
  const last = words.at(-1) ?? ''
  if (command === undefined) return []
  if (last.startsWith('-')) return command.options.flatMap((option) => option.long ?? []).filter((each) => each.startsWith(last))
  const option = command.options.find((each) => each.long === words.at(-2))
  if (option?.argChoices !== undefined) return option.argChoices.filter((each) => each.startsWith(last))
  const [argument] = command.registeredArguments
  if (argument?.argChoices !== undefined) return argument.argChoices.filter((each) => each.startsWith(last))
  return argument?.name() === 'vm' ? (await virtualMachineNames(words)).filter((each) => each.startsWith(last)) : []
}

async function virtualMachineNames(words: readonly string[]): Promise<string[]> {
  const given = words.findIndex((word) => word === '-n' || word === '--namespace')
  const namespace = words[given + 1] ?? 'default'
  const list = await findConnection()
    ?.client.resource<VirtualMachine>(virtualMachineDefinition)
    .list({ namespace: given === -1 ? 'default' : namespace })
  return list?.items.map((vm) => vm.metadata.name ?? '') ?? []
}
