import { Argument, Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { candidates } from './completion.ts'

const program = new Command('sheaf')
program.command('status')
program.command('start').argument('<vm>').option('--force').option('-n, --namespace <name>')
program.command('stop').argument('<vm>')
program.addCommand(new Command('completion').addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish'])))
program.addCommand(new Command('__complete'), { hidden: true })

describe('completion', () => {
  it.each([
    [[''], ['status', 'start', 'stop', 'completion']],
    [['st'], ['status', 'start', 'stop']],
    [
      ['start', '--'],
      ['--force', '--namespace'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['completion', 'z'], ['zsh']],
    [['nonsense', ''], []],
    [['status', ''], []],
  ])('of %j is %j', async (words, expected) => {
    expect(await candidates(program, words)).toEqual(expected)
  })
})
