// A guest for tests in 109 bytes: it is up in a tenth of a second and does what it is told over the serial console.
//
//   prints '>' when it is up        p  powers off          r  reboots
//   echoes every other character    x  panics (pvpanic)    d  goes deaf to the power button, and says d
//
// It sleeps between the ticks of the firmware's timer, 18 a second. The ports are those of q35: 3F8h is the serial console, 600h the
// power management block (status, enable, control), CF9h the reset register, 505h pvpanic.

import { bootSectorDisk } from '../boot-sector.ts'

/**
 *          cli                      send:     mov dx, 3F8h / out dx, al / ret
 *          xor ax, ax               poweroff: mov dx, 604h / mov ax, 2000h / out dx, ax / jmp wait
 *          mov ds, ax               reboot:   mov dx, CF9h / mov al, 6 / out dx, al / jmp wait
 *          mov ss, ax               panic:    mov dx, 505h / mov al, 1 / out dx, al / jmp wait
 *          mov sp, 7C00h            deaf:     mov dx, 602h / xor ax, ax / out dx, ax
 *          mov dx, 602h                       mov al, 'd' / call send / jmp wait
 *          mov ax, 100h             ; hear the power button
 *          out dx, ax
 *          mov al, '>' / call send
 *          sti
 *   wait:  hlt
 *          mov dx, 600h / in ax, dx / test ah, 1 / jnz poweroff
 *          mov dx, 3FDh / in al, dx / test al, 1 / jz wait
 *          mov dx, 3F8h / in al, dx
 *          cmp al, 'p' / je poweroff ; and so on for r, x, d
 *          call send / jmp wait
 */
const code = Buffer.from(
  'fa31c08ed88ed0bc007cba0206b80001efb03ee82c00fbf4ba0006edf6c4' +
    '017526bafd03eca80174eebaf803ec3c7074163c72741b3c78741f3c6474' +
    '23e80200ebd5baf803eec3ba0406b80020efebc7baf90cb006eeebbfba05' +
    '05b001eeebb7ba020631c0efb064e8d7ffebaa',
  'hex',
)

/** A raw disk image that boots it with SeaBIOS on q35. */
export function serialGuestDisk(): Buffer {
  return bootSectorDisk(code)
}

/** What the guest is told over its serial console. */
export const serialGuestCommands = { shutdown: 'p', reboot: 'r', panic: 'x', ignorePowerButton: 'd' } as const
