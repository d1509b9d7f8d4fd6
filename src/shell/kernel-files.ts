import type { SimulatedKernel } from '../tracefs/index.ts';

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
export function kernelFiles({ profile, machine }: SimulatedKernel): KernelFiles {
  let symbols: string | undefined;
  return {
    kallsyms: () => {
      symbols ??= kallsymsText(profile.symbols.lines());
      return symbols + addedSymbols(machine.functions.profileCount, machine.functions);
    },
    btf: () => latin1(profile.btfBytes),
    version: () => `${profile.banner}\n`,
  };
}

interface Line {
  readonly address: bigint;
  readonly type: string;
  readonly name: string;
  readonly module?: string;
}

function kallsymsText(lines: Iterable<Line>): string {
  const parts: string[] = [];
  for (const { address, type, name, module } of lines)
    parts.push(`${address.toString(16).padStart(16, '0')} ${type} ${name}${module ? `\t[${module}]` : ''}\n`);
  return parts.join('');
}

/** Functions that were defined at run time. */
function addedSymbols(from: number, functions: SimulatedKernel['machine']['functions']): string {
  const lines: Line[] = [];
  for (let id = from; id < functions.count; id++) {
    if (!functions.isLive(id)) continue;
    const module = functions.moduleName(id);
    lines.push({
      address: functions.symbolAddress(id),
      type: 't',
      name: functions.name(id),
      ...(module && { module }),
    });
  }
  return kallsymsText(lines);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
