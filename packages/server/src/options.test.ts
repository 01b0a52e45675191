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

  it.each([
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
