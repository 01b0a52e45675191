/** Where Harvester keeps what concerns the platform and not its users: upgrades and all that belongs to them. */
export const harvesterSystemNamespace = 'harvester-system'
