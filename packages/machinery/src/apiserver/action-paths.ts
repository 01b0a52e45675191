// How the paths of actions are written and matched: `spin/fast`, `gears/{gear}`.

import type { Action } from '../kind.ts'

const parameterPattern = /^\{(\w+)\}$/

/** The parameters of a path that the template describes; undefined for any other path. */
export function matchActionPath(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, word] of wanted.entries()) {
    const segment = given[index] ?? ''
    const [, name] = parameterPattern.exec(word) ?? []
    if (name === undefined ? word !== segment : segment === '') return undefined
    if (name !== undefined) parameters[name] = segment
  }
  return parameters
}

/** What discovery calls it: the path without its parameters. Several paths may share it. */
export function actionName({ action }: Action): string {
  return action
    .split('/')
    .filter((word) => !parameterPattern.test(word))
    .join('/')
}
