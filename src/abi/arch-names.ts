/** Names of the arches that a kernel of a profile, and the simulated machine, can be of. */
export const ARCH_NAMES = ['x86_64', 'i386', 'arm64', 'riscv64', 'loongarch', 's390', 'powerpc64', 'arm'] as const;

/** One of them. */
export type ArchName = (typeof ARCH_NAMES)[number];

/** Bytes of a `long` of an arch. */
export const longSizeOf = (arch: ArchName): 4 | 8 => (arch === 'i386' || arch === 'arm' ? 4 : 8);
