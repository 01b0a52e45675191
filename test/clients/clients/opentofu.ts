// OpenTofu, which speaks Terraform's language, with Terraform's provider for Kubernetes.

import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client, Deed } from '../client.ts'
import { buildGoProgram } from '../go-module.ts'
import { mustHold, program } from '../program.ts'

const tofu = {
  module: 'github.com/opentofu/opentofu',
  version: 'v1.12.6',
  package: 'github.com/opentofu/opentofu/cmd/tofu',
  takesReplacements: true,
} as const
/** The newest that the module proxy has: the module's path stayed at major version 1, so its releases have no version there. */
const provider = {
  module: 'github.com/hashicorp/terraform-provider-kubernetes',
  version: 'v1.13.4-0.20260821094251-3a33fb6cc605',
  package: 'github.com/hashicorp/terraform-provider-kubernetes',
} as const

export const openTofu: Client = {
  name: 'OpenTofu with the kubernetes provider',
  origin: `${tofu.module}@${tofu.version}, ${provider.module}@${provider.version}`,
  async bring({ cacheFolder, environment, folder, namespace, server }) {
    const path = await buildGoProgram(tofu, cacheFolder)
    const plugin = await buildGoProgram(provider, cacheFolder)
    const plugins = join(folder, 'plugins')
    mkdirSync(plugins)
    symlinkSync(plugin, join(plugins, 'terraform-provider-kubernetes'))
    const configuration = join(folder, 'tofurc')
    writeFileSync(
      configuration,
      `provider_installation {\n  dev_overrides { "hashicorp/kubernetes" = ${JSON.stringify(plugins)} }\n}\n`,
    )
    const work = join(folder, 'plan')
    mkdirSync(work)
    copyFileSync(join(import.meta.dirname, '..', 'plan', 'main.tf'), join(work, 'main.tf'))
    const t = program(
      path,
      {
        ...environment,
        TF_CLI_CONFIG_FILE: configuration,
        TF_VAR_namespace: namespace,
        TF_VAR_kubeconfig: server.kubeconfig,
        TF_IN_AUTOMATION: '1',
      },
      [`-chdir=${work}`],
    )
    const deeds: Deed[] = [
      { title: 'apply', run: async () => mustHold(await t('apply', '-auto-approve', '-no-color'), /Apply complete!/) },
      {
        title: 'a second plan is empty',
        // Exit code 2 would say that there is something to do.
        run: async () => mustHold(await t('plan', '-detailed-exitcode', '-no-color'), /No changes/),
      },
      {
        title: 'change one value',
        run: async () => mustHold(await t('apply', '-auto-approve', '-no-color', '-var', 'tier=gold'), /[12] changed/),
      },
      {
        title: 'a plan after the change is empty',
        run: async () => mustHold(await t('plan', '-detailed-exitcode', '-no-color', '-var', 'tier=gold'), /No changes/),
      },
      { title: 'destroy', run: async () => mustHold(await t('destroy', '-auto-approve', '-no-color'), /Destroy complete!/) },
    ]
    return { version: tofu.version, deeds }
  },
}
