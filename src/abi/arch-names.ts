/** Names of the arches that a kernel of a profile, and the simulated machine, can be of. */
export const ARCH_NAMES = ['x86_64', 'i386', 'arm64', 'riscv64', 'loongarch', 's390', 'powerpc64', 'arm'] as const;

/** One of them. */
export type ArchName = (typeof ARCH_NAMES)[number];

/** Bytes of a `long` of an arch. */
export const longSizeOf = (arch: ArchName): 4 | 8 => (arch === 'i386' || arch === 'arm' ? 4 : 8);

/** What `uname -m` calls arches; of several names of one arch the usual one comes first. */
export const UNAME_ARCHES: Readonly<Record<string, ArchName>> = {
  x86_64: 'x86_64',
  i686: 'i386',
  i386: 'i386',
  aarch64: 'arm64',
  riscv64: 'riscv64',
  loongarch64: 'loongarch',
  s390x: 's390',
  ppc64le: 'powerpc64',
  ppc64: 'powerpc64',
  armv7l: 'arm',
};

/** What `uname -m` calls an arch. */
export const unameOf = (arch: ArchName): string =>
  Object.entries(UNAME_ARCHES).find(([, name]) => name === arch)?.[0] ?? arch;
