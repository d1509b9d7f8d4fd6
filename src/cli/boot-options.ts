import type { BootOptions } from '../tracefs/index.ts';

/** What options of a command say of the kernel that it boots. */
export function bootOptions(options: BootOptions): BootOptions {
  const { arch, cpus, seed } = options;
  return {
    ...(arch !== undefined && { arch }),
    ...(cpus !== undefined && { cpus }),
    ...(seed !== undefined && { seed }),
  };
}
