// Where the disks of volumes lie, as controllers see it.

export interface VolumeStore {
  /**
   * Makes sure that there is a disk of this name, of so many bytes at least; what is in it stays. Answers the folder that holds it as
   * `disk.img`. Throws what the file system says.
   */
  ensure(name: string, bytes: number): Promise<string>
  /** Does nothing when there is none. */
  remove(name: string): Promise<void>
}

export interface VolumeStorePorts {
  volumeStore: VolumeStore
}
