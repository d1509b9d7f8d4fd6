import type { ArchName } from '../abi/arch-names.ts';
import { Elf, type ElfSymbol } from './elf.ts';
import type { KernelSources, SourcePart } from './kernel-sources.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';
import { accessBytes, openAccess, type RandomAccess } from './random-access.ts';
import { type Progress, packingOf, unpackChunks } from './read-source.ts';

/** `e_machine` of the arches. */
const MACHINES: Readonly<Record<number, ArchName>> = {
  3: 'i386',
  21: 'powerpc64',
  22: 's390',
  40: 'arm',
  62: 'x86_64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loongarch',
};

/** Symbols that a kernel leaves out of kallsyms, `scripts/mksysmap`. */
const LEFT_OUT =
  /^(?:\$|\.L|L0|\.LASANPC|__crc_|__kcrctab_|__kstrtab_|__kstrtabns_|__gnu_|__efistub_|__AArch64|__ARMV5PI|_SDA_BASE_|_SDA2_BASE_|__export_symbol_)/;
const MAX_ENTRY_SITES = 1 << 20;

/** What a vmlinux has. Without symbols there is no kallsyms, which then must come from elsewhere. */
export type VmlinuxSources = Omit<KernelSources, 'kallsyms'> & { readonly kallsyms?: SourcePart | undefined };

/** Reads the payload of a bzImage, the form in which x86 kernels are installed; `undefined` when the file is none. */
async function unpackImage(file: RandomAccess): Promise<Uint8Array | ProfileError | undefined> {
  const head = file.read(0, 0x260);
  if (head === undefined || Buffer.from(head.subarray(0x202, 0x206)).toString('latin1') !== 'HdrS') return undefined;
  const view = new DataView(head.buffer);
  const start = ((head[0x1f1] || 4) + 1) * 512 + view.getUint32(0x248, true);
  const payload = file.read(start, view.getUint32(0x24c, true));
  if (payload === undefined) return { error: 'is cut off: its payload is missing' };
  const packing = packingOf(payload);
  if (packing === undefined)
    return { error: 'is a kernel image packed in a way that is not known: give the vmlinux in it' };
  const unpacked = await unpackChunks(
    (async function* () {
      yield payload;
    })(),
    packing,
  );
  if (unpacked instanceof Uint8Array) return unpacked;
  return {
    error: unpacked.error.replace(
      /: (unpack|run) .*$/,
      ': give the vmlinux in it (the kernel tree’s scripts/extract-vmlinux takes it out)',
    ),
  };
}

/** Order of /proc/kallsyms: by address; of aliases weak ones last, then those with more underscores before them, then as the table has them. */
function compareSymbols(a: ElfSymbol, b: ElfSymbol): number {
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  const weak = (symbol: ElfSymbol) => (/[WV]/.test(symbol.type) ? 1 : 0);
  const linker = ({ name }: ElfSymbol) =>
    /^__(?:start|stop|end)_|(?:_start|_end|_start_|_end_)$/.test(name) && name.startsWith('__') ? 1 : 0;
  const underscores = ({ name }: ElfSymbol) => /^_*/.exec(name)![0].length;
  return weak(a) - weak(b) || linker(a) - linker(b) || underscores(a) - underscores(b);
}

function kallsymsText(symbols: readonly ElfSymbol[], is64: boolean): Uint8Array {
  const digits = is64 ? 16 : 8;
  const lines = symbols
    .filter(({ name, type }) => type !== 'A' && !LEFT_OUT.test(name) && /^[!-~]+$/.test(name) && name.length < 512)
    .sort(compareSymbols)
    .map(({ address, type, name }) => `${address.toString(16).padStart(digits, '0')} ${type} ${name}\n`);
  return Buffer.from(lines.join(''), 'latin1');
}

/** The addresses between `__start_mcount_loc` and `__stop_mcount_loc`: entry sites of all functions. Those of functions that are gone after boot are left out. */
function entrySites(elf: Elf, symbols: readonly ElfSymbol[]): bigint[] {
  const wanted = new Map(
    ['__start_mcount_loc', '__stop_mcount_loc', '_sinittext', '_einittext'].map((name) => [name, -1n]),
  );
  for (const { name, address } of symbols) if (wanted.has(name)) wanted.set(name, address);
  const [start, stop, initStart, initEnd] = wanted.values() as unknown as [bigint, bigint, bigint, bigint];
  const size = elf.is64 ? 8 : 4;
  const count = Number(stop - start) / size;
  if (start < 0n || !(count > 0 && count <= MAX_ENTRY_SITES)) return [];
  const bytes = elf.bytesAt(start, Math.floor(count) * size);
  if (bytes === undefined) return [];
  const view = new DataView(bytes.buffer);
  const found: bigint[] = [];
  for (let at = 0; at + size <= bytes.length; at += size) {
    const ip = elf.is64 ? view.getBigUint64(at, elf.isLittle) : BigInt(view.getUint32(at, elf.isLittle));
    if (ip !== 0n) found.push(ip);
  }
  const all = found.length > 0 ? found : elf.relocatedWords(start, stop);
  const kept = all.filter((ip) => !(ip >= initStart && ip < initEnd));
  return MACHINES[elf.machine] === 'arm64' ? arm64Sites(kept, elf, symbols) : kept;
}

/** Bytes of an instruction of arm64, and the one that a function starts with where branches are tracked: `bti c`. */
const INSTRUCTION = 4n;
const BTI = 0xd503245f;

/**
 * What arm64 makes of the places in the file, `arch/arm64/kernel/ftrace.c:ftrace_call_adjust()`: they name the first of two NOPs, or, where ops are
 * kept before functions, the first of two words before the function; the site is the second NOP.
 */
function arm64Sites(places: readonly bigint[], elf: Elf, symbols: readonly ElfSymbol[]): bigint[] {
  const starts = new Set(symbols.map(({ address }) => address));
  return places.map((place) => {
    const start = place + 2n * INSTRUCTION;
    if (starts.has(place) || !starts.has(start)) return place + INSTRUCTION;
    const first = elf.bytesAt(start, 4);
    const hasBti = first?.length === 4 && new DataView(first.buffer, first.byteOffset).getUint32(0, true) === BTI;
    return start + (hasBti ? 2n : 1n) * INSTRUCTION;
  });
}

function bannerOf(elf: Elf, symbols: readonly ElfSymbol[]): Uint8Array | undefined {
  const address = symbols.find(({ name }) => name === 'linux_banner')?.address;
  const rodata = elf.section('.rodata');
  const bytes = address === undefined ? rodata && elf.bytesOf(rodata) : elf.bytesAt(address, 1024);
  if (bytes === undefined) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = buffer.indexOf('Linux version ');
  const end = at < 0 ? -1 : buffer.indexOf(0, at);
  return end < 0 || end - at > 1024 ? undefined : Uint8Array.from(buffer.subarray(at, end));
}

function sourcesOf(path: string, file: RandomAccess): VmlinuxSources | ProfileError {
  const elf = Elf.open(file);
  if (isProfileError(elf)) return elf;
  const symbols = elf.symbols();
  if (symbols !== undefined && 'error' in symbols) return symbols;
  const all = symbols ?? [];
  const btf = elf.section('.BTF');
  const btfBytes = btf && elf.bytesOf(btf);
  const version = bannerOf(elf, all);
  const ips = entrySites(elf, all);
  const arch = MACHINES[elf.machine];
  return {
    ...(all.length > 0 && { kallsyms: { from: path, bytes: kallsymsText(all, elf.is64) } }),
    ...(btfBytes !== undefined && { btf: { from: `${path}: .BTF`, bytes: btfBytes } }),
    ...(version !== undefined && { version: { from: path, bytes: version } }),
    ...(ips.length > 0 && { entrySites: { from: path, ips } }),
    ...(arch !== undefined && { arch }),
    warnings: arch === undefined ? [`${path} is for an arch that is not known (e_machine ${elf.machine})`] : [],
  };
}

/**
 * What a vmlinux tells: its symbols, types (`.BTF`), entry sites (what `__mcount_loc` held) and banner. An x86 kernel image (vmlinuz) is
 * unpacked where Node can. Only what is needed is read of the file, which may be large.
 */
export async function vmlinuxSources(path: string, progress?: Progress): Promise<VmlinuxSources | ProfileError> {
  const file = await openAccess(path, progress);
  if (isProfileError(file)) return file;
  try {
    const payload = await unpackImage(file);
    if (payload !== undefined && !(payload instanceof Uint8Array)) return { error: `${path}: ${payload.error}` };
    const sources = sourcesOf(path, payload === undefined ? file : accessBytes(payload));
    return 'error' in sources ? { error: `${path}: ${sources.error}` } : sources;
  } finally {
    file.close();
  }
}
