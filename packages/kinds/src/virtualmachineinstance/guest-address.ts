/** The address that QEMU's user-mode network gives every guest. */
export const guestAddress = '10.0.2.15'
