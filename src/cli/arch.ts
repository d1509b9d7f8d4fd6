import { ARCHES, type Arch, type ArchName, fprobeConfig } from '../machine/index.ts';
import { put, putJson } from './output.ts';

const names = (arch: Arch, regs: readonly number[]) => regs.map((reg) => arch.registers[reg]!);

const entrySite = ({ entryOffset, landingPad }: Arch) => `+${entryOffset}${landingPad ? ` ${landingPad.name}` : ''}`;

const symaddr = ({ symaddr }: Arch) => (symaddr === 'none' ? 'kallsyms' : 'steps back');

const returnAddress = ({ returnOnStack, registers, linkReg }: Arch) =>
  returnOnStack ? 'top of stack' : registers[linkReg]!;

const header = ({ header }: Arch) =>
  header.kind === 'packed' ? `1 word, 0x${header.pattern.toString(16)}` : '2 words';

/** `x0-x7` for a run of numbered names, else all of them. */
function shortList(list: readonly string[]): string {
  const runs: string[][] = [];
  for (const name of list) {
    const last = runs.at(-1)?.at(-1);
    const follows =
      last !== undefined &&
      name.replace(/\d+$/, '') === last.replace(/\d+$/, '') &&
      numberOf(name) === numberOf(last) + 1;
    if (follows) runs.at(-1)!.push(name);
    else runs.push([name]);
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]}-${run.at(-1)}` : run.join(' '))).join(' ');
}

const numberOf = (name: string) => Number(/\d+$/.exec(name)?.[0] ?? Number.NaN);

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** What the Kconfig of an arch selects, and what comes of it. */
const kconfig = ({ selects }: Arch): Record<string, boolean> => ({ ...selects, ...fprobeConfig(selects) });

/** Options that an arch has only together with DYNAMIC_FTRACE_WITH_ARGS. */
const NEED_WITH_ARGS = /WITH_ARGS$|^FPROBE/;

function kconfigTable(arches: readonly Arch[]): string {
  const options = Object.keys(kconfig(arches[0]!));
  const cell = (arch: Arch, option: string) => {
    const dependsOn = arch.withArgsIf !== undefined && NEED_WITH_ARGS.test(option) ? '*' : '';
    return `${kconfig(arch)[option] ? 'y' : 'n'}${dependsOn}`;
  };
  const rows = options.map((option) => [
    Object.hasOwn(arches[0]!.selects, option) ? option : `CONFIG_${option}`,
    ...arches.map((arch) => cell(arch, option)),
  ]);
  const notes = arches.flatMap(({ name, withArgsIf }) => (withArgsIf ? [`* on ${name} with ${withArgsIf}\n`] : []));
  return table([['', ...arches.map(({ name }) => name)], ...rows]) + notes.join('');
}

function conventionTable(arches: readonly Arch[]): string {
  return table([
    ['arch', 'entry site', 'get_symaddr', 'header', 'ftrace_regs', 'arguments', 'return', 'return address'],
    ...arches.map((arch) => [
      arch.name,
      entrySite(arch),
      symaddr(arch),
      header(arch),
      arch.ftraceRegs.whole ? 'pt_regs' : 'own',
      shortList(names(arch, arch.argRegs)),
      arch.registers[arch.retReg]!,
      returnAddress(arch),
    ]),
  ]);
}

function archDetails(arch: Arch): string {
  const config = fprobeConfig(arch.selects);
  const yes = (on: boolean) => (on ? 'y' : 'n');
  return table([
    ['arch', arch.name],
    ['word', `${arch.wordSize} bytes, ${arch.endian} endian`],
    ...Object.entries(arch.selects).map(([option, on]) => [option, yes(on)]),
    ...Object.entries(config).map(([option, on]) => [`CONFIG_${option}`, yes(on)]),
    ...(arch.withArgsIf ? [['WITH_ARGS needs', arch.withArgsIf]] : []),
    ['entry site', `${entrySite(arch)}, ${arch.siteSize} bytes`],
    ['ftrace_get_symaddr', symaddr(arch)],
    ['fprobe header', header(arch)],
    ['shadow stack frame', `${arch.framePointerTest ? 4 : 3} words`],
    ['arguments', names(arch, arch.argRegs).join(' ')],
    ['further arguments', arch.fetchesStackArgs ? `stack, from word ${arch.stackArgs}` : 'read as 0'],
    ['return value', arch.registers[arch.retReg]!],
    ['return address', returnAddress(arch)],
    ['ftrace_regs at entry', names(arch, arch.ftraceRegs.entry).join(' ')],
    ['ftrace_regs at return', names(arch, arch.ftraceRegs.exit).join(' ')],
    ['perf regs', names(arch, [...arch.perfRegs.copied, ...arch.perfRegs.set.map(([reg]) => reg)]).join(' ') || 'none'],
    ['registers', arch.registers.join(' ')],
  ]);
}

/** An arch for machines: names of registers instead of their numbers. */
function archJson(arch: Arch): object {
  return {
    name: arch.name,
    wordSize: arch.wordSize,
    endian: arch.endian,
    kconfig: kconfig(arch),
    ...(arch.withArgsIf && { withArgsIf: arch.withArgsIf }),
    entryOffset: arch.entryOffset,
    siteSize: arch.siteSize,
    landingPad: arch.landingPad ?? null,
    symaddr: arch.symaddr,
    header: arch.header,
    frameWords: arch.framePointerTest ? 4 : 3,
    arguments: names(arch, arch.argRegs),
    stackArguments: arch.fetchesStackArgs ? arch.stackArgs : null,
    returnValue: arch.registers[arch.retReg],
    returnAddress: arch.returnOnStack ? 'stack' : arch.registers[arch.linkReg],
    ftraceRegs: {
      whole: arch.ftraceRegs.whole,
      entry: names(arch, arch.ftraceRegs.entry),
      exit: names(arch, arch.ftraceRegs.exit),
    },
    registers: arch.registers,
  };
}

/** `fprobe arch`: the arch matrix, or all there is to know of one. */
export function arch(name: ArchName | undefined, options: { json?: boolean }): void {
  const arches = name === undefined ? Object.values(ARCHES) : [ARCHES[name]];
  if (options.json) for (const each of arches) if (!putJson(archJson(each))) return;
  if (options.json) return;
  put(name === undefined ? `${kconfigTable(arches)}\n${conventionTable(arches)}` : archDetails(ARCHES[name]));
}
