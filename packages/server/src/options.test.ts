import { describe, expect, it } from 'vitest'
import { parseServerOptions, UsageError } from './options.ts'

describe('what the server is told', () => {
  it('comes from flags first, then from the environment, then from defaults', () => {
    expect(parseServerOptions([], { HOME: '/home/me' })).toMatchObject({
      port: 6443,
      address: '127.0.0.1',
      logFormat: 'text',
      logLevel: 'info',
    })
    expect(parseServerOptions([], { SHEAF_DATA: '/d', SHEAF_PORT: '7000', SHEAF_ACCEL: 'tcg' })).toMatchObject({
      dataFolder: '/d',
      port: 7000,
      accelerator: 'tcg',
    })
    expect(parseServerOptions(['--data', '/e', '--port', '0'], { SHEAF_DATA: '/d', SHEAF_PORT: '7000' })).toMatchObject({
      dataFolder: '/e',
      port: 0,
    })
  })

  it('opens the feature gates that are named, and no other', () => {
    expect(parseServerOptions([], {}).featureGates).toEqual([])
    expect(parseServerOptions([], { SHEAF_FEATURE_GATES: ' HostDisk, ' }).featureGates).toEqual(['HostDisk'])
  })

  it('VD1 names a place of releases, which is none by default', () => {
    expect(parseServerOptions([], {}).releases).toBeUndefined()
    expect(parseServerOptions(['--releases', 'https://download.example/sheaf/'], {}).releases).toEqual({
      kind: 'url',
      url: 'https://download.example/sheaf',
    })
    expect(parseServerOptions([], { SHEAF_RELEASES: '/srv/releases/' }).releases).toEqual({
      kind: 'folder',
      folder: '/srv/releases',
    })
    for (const bad of ['releases', 'ftp://a.example/', 'https://me:secret@a.example/', 'https://a.example/?token=1'])
      expect(() => parseServerOptions(['--releases', bad], {})).toThrow(UsageError)
  })

  it('names the XDG data folder where nothing else is said', () => {
    expect(parseServerOptions([], { XDG_DATA_HOME: '/xdg' }).dataFolder).toBe('/xdg/sheaf')
    expect(parseServerOptions([], {}).dataFolder).toMatch(/\/\.local\/share\/sheaf$/)
  })

  it('names registries that are spoken to in another way', () => {
    expect(parseServerOptions([], {}).registries).toEqual({ insecureHosts: [], mirrors: {} })
    const mirrors = 'docker.io=mirror.example:5000, docker.io=other.example,quay.io=mirror.example:5000'
    expect(
      parseServerOptions(['--registry-mirrors', mirrors], { SHEAF_INSECURE_REGISTRIES: 'a.lan:5000, b.lan' }).registries,
    ).toEqual({
      insecureHosts: ['a.lan:5000', 'b.lan'],
      mirrors: { 'docker.io': ['mirror.example:5000', 'other.example'], 'quay.io': ['mirror.example:5000'] },
    })
  })

  it('opens folders for images only when they are named', () => {
    expect(parseServerOptions([], {}).imageFolders).toEqual([])
    expect(parseServerOptions([], { SHEAF_IMAGE_FOLDERS: '/srv/images/,/mnt/iso' }).imageFolders).toEqual([
      '/srv/images',
      '/mnt/iso',
    ])
  })

  it('AC60 listens on the loopback address, and anywhere else only when that is said twice', () => {
    expect(parseServerOptions([], {}).address).toBe('127.0.0.1')
    expect(parseServerOptions(['--address', '::1'], {}).address).toBe('::1')
    expect(parseServerOptions(['--address', '0.0.0.0', '--allow-remote'], {}).address).toBe('0.0.0.0')
    expect(parseServerOptions([], { SHEAF_ADDRESS: '10.0.0.7', SHEAF_ALLOW_REMOTE: 'yes' }).address).toBe('10.0.0.7')
    for (const address of ['0.0.0.0', '::', '192.168.1.10', 'fe80::1'])
      expect(() => parseServerOptions(['--address', address], {})).toThrow(/can be reached by other machines. Say --allow-remote/)
    expect(parseServerOptions(['--host-names', 'Sheaf.example.org, 10.0.0.7'], {}).hostNames).toEqual([
      'sheaf.example.org',
      '10.0.0.7',
    ])
  })

  it('AC35 trusts an identity provider that is named, with names that are told apart by it', () => {
    expect(parseServerOptions([], {}).oidc).toBeUndefined()
    const named = ['--oidc-issuer-url', 'https://sso.example', '--oidc-client-id', 'sheaf']
    expect(parseServerOptions(named, {}).oidc).toEqual({
      issuerUrl: 'https://sso.example',
      clientId: 'sheaf',
      usernameClaim: 'sub',
      usernamePrefix: 'https://sso.example#',
      groupsClaim: undefined,
      groupsPrefix: '',
      requiredClaims: {},
      authorityPem: undefined,
    })
    const prefixOf = (...more: string[]) => parseServerOptions([...named, ...more], {}).oidc?.usernamePrefix
    expect(prefixOf('--oidc-username-claim', 'email')).toBe('')
    expect(prefixOf('--oidc-username-prefix', '-')).toBe('')
    expect(prefixOf('--oidc-username-prefix', 'sso:')).toBe('sso:')
    const claims = ['--oidc-required-claim', 'hd=example.org', '--oidc-required-claim', 'a=b=c']
    expect(parseServerOptions([...named, ...claims], {}).oidc?.requiredClaims).toEqual({ hd: 'example.org', a: 'b=c' })
  })

  it('AC53 writes requests down unless that is switched off', () => {
    expect(parseServerOptions([], {}).isAudited).toBe(true)
    expect(parseServerOptions(['--audit-log', 'off'], {}).isAudited).toBe(false)
    expect(parseServerOptions([], { SHEAF_AUDIT_LOG: 'off' }).isAudited).toBe(false)
  })

  it('SV28 opens the ports of services beyond this machine only when that is said', () => {
    expect(parseServerOptions([], {}).serviceAddress).toBe('127.0.0.1')
    expect(parseServerOptions([], { SHEAF_SERVICE_ADDRESS: '192.0.2.7' }).serviceAddress).toBe('192.0.2.7')
    expect(parseServerOptions(['--service-address', '0.0.0.0'], { SHEAF_SERVICE_ADDRESS: '::1' }).serviceAddress).toBe('0.0.0.0')
  })

  it.each([
    [['--address', 'everywhere'], {}, /"everywhere" is no address: give one of this machine/],
    [[], { SHEAF_ALLOW_REMOTE: 'maybe' }, /SHEAF_ALLOW_REMOTE must be one of yes, no/],
    [['--host-names', 'a b'], {}, /"a b" is no host name/],
    [['--oidc-client-id', 'a'], {}, /--oidc-client-id needs --oidc-issuer-url/],
    [['--oidc-issuer-url', 'https://a.example'], {}, /needs --oidc-client-id/],
    [
      ['--oidc-issuer-url', 'http://a.example', '--oidc-client-id', 'a'],
      {},
      /is no issuer: give its URL, which begins with https/,
    ],
    [
      ['--oidc-issuer-url', 'https://a.example', '--oidc-client-id', 'a', '--oidc-required-claim', 'x'],
      {},
      /"x" is no claim: give it as name=value/,
    ],
    [
      ['--oidc-issuer-url', 'https://a.example', '--oidc-client-id', 'a', '--oidc-ca-file', '/nowhere'],
      {},
      /--oidc-ca-file: ENOENT/,
    ],
    [['--audit-log', 'loud'], {}, /--audit-log must be one of on, off/],
    [['--service-address', 'eth0'], {}, /"eth0" is no address: give one of this machine's with --service-address/],
    [['--image-folders', 'images'], {}, /"images" is no absolute path: give the folders as \/srv\/images/],
    [['--insecure-registries', 'http://a.lan'], {}, /"http:\/\/a.lan" is not a registry: give hosts/],
    [['--registry-mirrors', 'mirror.example'], {}, /"mirror.example" is no mirror: give pairs/],
    [['--port', '70000'], {}, /not a port.*--port or SHEAF_PORT/],
    [['--port', 'http'], {}, /"http" is not a port/],
    [[], { SHEAF_PORT: '-1' }, /not a port/],
    [[], { SHEAF_ACCEL: 'hax' }, /SHEAF_ACCEL must be one of tcg, kvm, not "hax"/],
    [[], { SHEAF_FEATURE_GATES: 'HostDisk,Sidecar' }, /SHEAF_FEATURE_GATES must be one of HostDisk, not "Sidecar"/],
    [['--log-level', 'loud'], {}, /--log-level must be one of/],
    [['--prot', '1'], {}, /--prot.*\n.*sheaf serve --help/s],
    [['extra'], {}, /extra/],
  ])('is refused in words that say what would work: %j %j', (args, environment, message) => {
    expect(() => parseServerOptions(args, environment)).toThrow(UsageError)
    expect(() => parseServerOptions(args, environment)).toThrow(message)
  })
})
