import { addedSymbols, profileSymbols, type SimulatedKernel } from '../tracefs/index.ts';

/** Contents of files about a simulated kernel outside the tracing files. Texts hold one character a byte. */
export interface KernelFiles {
  /** /proc/kallsyms */
  kallsyms(): string;
  /** /sys/kernel/btf/vmlinux */
  btf(): string;
  /** /proc/version */
  version(): string;
}

/** What files outside the tracing files tell about a kernel; each is made when it is first wanted. */
export function kernelFiles(kernel: SimulatedKernel): KernelFiles {
  const { profile } = kernel;
  let symbols: string | undefined;
  return {
    kallsyms: () => {
      symbols ??= profileSymbols(kernel);
      return symbols + addedSymbols(kernel);
    },
    btf: () => latin1(profile.btfBytes),
    version: () => `${profile.banner}\n`,
  };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
