import type { ProfileError } from './profile-error.ts';
import type { RandomAccess } from './random-access.ts';

const MAGIC = 0x464c457f;
const SHT_SYMTAB = 2;
const SHT_RELA = 4;
const SHT_NOBITS = 8;
const SHF_WRITE = 1n;
const SHF_ALLOC = 2n;
const SHF_EXEC = 4n;
const SHN_LORESERVE = 0xff00;
const SHN_ABS = 0xfff1;
const STT_SECTION = 3;
const STT_FILE = 4;
/** Type of a relocation that adds where the kernel was loaded, `R_*_RELATIVE`, by `e_machine`. */
const RELATIVE: Readonly<Record<number, bigint>> = { 21: 22n, 22: 12n, 62: 8n, 183: 1027n, 243: 3n, 258: 3n };
const MAX_SECTIONS = 0xffff;

/** A section of an ELF file. */
interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/** A symbol of an ELF file. */
export interface ElfSymbol {
  readonly name: string;
  readonly address: bigint;
  /** As nm(1) has it. */
  readonly type: string;
}

/** An ELF file, read without trust: what points outside is left out or an error, nothing throws. */
export class Elf {
  readonly machine: number;
  readonly is64: boolean;
  readonly isLittle: boolean;
  readonly sections: readonly ElfSection[];
  readonly #file: RandomAccess;

  private constructor(file: RandomAccess, machine: number, is64: boolean, isLittle: boolean, sections: ElfSection[]) {
    this.#file = file;
    this.machine = machine;
    this.is64 = is64;
    this.isLittle = isLittle;
    this.sections = sections;
  }

  /** Reads the headers. */
  static open(file: RandomAccess): Elf | ProfileError {
    const ident = file.read(0, 64) ?? file.read(0, 52);
    if (ident === undefined || viewOf(ident).getUint32(0, true) !== MAGIC) return { error: 'is not an ELF file' };
    const is64 = ident[4] === 2;
    const isLittle = ident[5] === 1;
    if ((ident[4] !== 1 && !is64) || (ident[5] !== 2 && !isLittle) || (is64 && ident.length < 64))
      return { error: 'is an ELF file of an unknown class' };
    const view = viewOf(ident);
    const machine = view.getUint16(18, isLittle);
    const tableAt = is64 ? Number(view.getBigUint64(40, isLittle)) : view.getUint32(32, isLittle);
    const [entrySize, count, namesIndex] = [0, 2, 4].map((at) => view.getUint16((is64 ? 58 : 46) + at, isLittle)) as [
      number,
      number,
      number,
    ];
    const least = is64 ? 64 : 40;
    if (count === 0 || count > MAX_SECTIONS || entrySize < least)
      return { error: 'is an ELF file without sections: it was stripped of all that tells of the kernel' };
    const table = file.read(tableAt, count * entrySize);
    if (table === undefined) return { error: 'is cut off: its section headers are missing' };
    const raw = Array.from({ length: count }, (_, i) => readHeader(viewOf(table), i * entrySize, is64, isLittle));
    const names = raw[namesIndex] && file.read(raw[namesIndex].offset, raw[namesIndex].size);
    const sections = raw.map(({ nameAt, ...rest }) => ({
      ...rest,
      name: names === undefined ? '' : stringAt(names, nameAt),
    }));
    return new Elf(file, machine, is64, isLittle, sections);
  }

  /** A section by its name; `undefined` when there is none. */
  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** Bytes of a section; `undefined` when the file does not have them. */
  bytesOf(section: ElfSection): Uint8Array | undefined {
    return section.type === SHT_NOBITS ? undefined : this.#file.read(section.offset, section.size);
  }

  /** Bytes at an address, `length` of them or as many as the section has. */
  bytesAt(address: bigint, length: number): Uint8Array | undefined {
    const section = this.sections.find(
      ({ type, flags, address: start, size }) =>
        type !== SHT_NOBITS && (flags & SHF_ALLOC) !== 0n && address >= start && address < start + BigInt(size),
    );
    if (section === undefined) return undefined;
    const skip = Number(address - section.address);
    return this.#file.read(section.offset + skip, Math.min(length, section.size - skip));
  }

  /**
   * The words of 64 bits that relocations put between two addresses of a kernel that can be loaded anywhere, as they are where it was linked for;
   * none when the file itself has them.
   */
  relocatedWords(start: bigint, end: bigint): bigint[] {
    const relative = RELATIVE[this.machine];
    const words: bigint[] = [];
    if (!this.is64 || relative === undefined) return words;
    for (const section of this.sections) {
      if (section.type !== SHT_RELA || (section.flags & SHF_ALLOC) === 0n) continue;
      const bytes = this.bytesOf(section);
      const view = bytes && viewOf(bytes);
      for (let at = 0; view !== undefined && at + 24 <= view.byteLength; at += 24) {
        const place = view.getBigUint64(at, this.isLittle);
        if (place < start || place >= end || view.getBigUint64(at + 8, this.isLittle) !== relative) continue;
        words.push(view.getBigUint64(at + 16, this.isLittle));
      }
    }
    return words;
  }

  /** The symbol table, without undefined symbols, files and sections; `undefined` when the file was stripped. */
  symbols(): ElfSymbol[] | ProfileError | undefined {
    const table = this.sections.find(({ type }) => type === SHT_SYMTAB);
    if (table === undefined) return undefined;
    const bytes = this.bytesOf(table);
    const strings = this.sections[table.link] && this.bytesOf(this.sections[table.link]!);
    if (bytes === undefined || strings === undefined) return { error: 'is cut off: its symbol table is missing' };
    const view = viewOf(bytes);
    const step = this.is64 ? 24 : 16;
    const found: ElfSymbol[] = [];
    for (let at = step; at + step <= bytes.length; at += step) {
      const info = bytes[at + (this.is64 ? 4 : 12)]!;
      const index = view.getUint16(at + (this.is64 ? 6 : 14), this.isLittle);
      if (index === 0 || (info & 15) === STT_SECTION || (info & 15) === STT_FILE) continue;
      const name = stringAt(strings, view.getUint32(at, this.isLittle));
      const type = this.#letter(info >> 4, index);
      const address = this.is64
        ? view.getBigUint64(at + 8, this.isLittle)
        : BigInt(view.getUint32(at + 4, this.isLittle));
      if (name !== '' && type !== undefined) found.push({ name, address, type });
    }
    return found;
  }

  #letter(binding: number, index: number): string | undefined {
    if (index === SHN_ABS) return 'A';
    if (index >= SHN_LORESERVE) return undefined;
    const section = this.sections[index];
    if (section === undefined) return undefined;
    const isText = (section.flags & SHF_EXEC) !== 0n;
    if (binding === 2) return isText ? 'W' : 'V';
    const letter = isText ? 't' : section.type === SHT_NOBITS ? 'b' : (section.flags & SHF_WRITE) === 0n ? 'r' : 'd';
    return binding === 0 ? letter : letter.toUpperCase();
  }
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function readHeader(
  view: DataView,
  at: number,
  is64: boolean,
  little: boolean,
): Omit<ElfSection, 'name'> & { nameAt: number } {
  const word = (offset: number) =>
    is64 ? view.getBigUint64(at + 8 + offset * 8, little) : BigInt(view.getUint32(at + 8 + offset * 4, little));
  return {
    nameAt: view.getUint32(at, little),
    type: view.getUint32(at + 4, little),
    flags: word(0),
    address: word(1),
    offset: Number(word(2)),
    size: Number(word(3)),
    link: view.getUint32(at + (is64 ? 40 : 24), little),
  };
}

/** A string of a string table; empty outside it. */
function stringAt(strings: Uint8Array, at: number): string {
  const end = at < strings.length ? strings.indexOf(0, at) : -1;
  return end < 0
    ? ''
    : Buffer.from(strings.buffer, strings.byteOffset + at, Math.min(end - at, 4096)).toString('latin1');
}
