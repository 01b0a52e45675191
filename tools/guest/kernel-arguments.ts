// The kernel command line with which the guest starts fastest, and why.

export const guestKernelArguments = [
  'console=ttyS0',
  'quiet',
  // An emulated machine's timer is checked for 100 ms and more; it is never broken.
  'no_timer_check',
  'mitigations=off',
  'nokaslr',
  // Trusting the processor's random numbers: waiting for entropy can take seconds.
  'random.trust_cpu=on',
  'cryptomgr.notests',
  // A panic reboots at once. A panic device hears of it first, and then QEMU decides.
  'panic=-1',
].join(' ')
