/** A symbol to write. */
interface SymbolToWrite {
  readonly name: string;
  readonly address: bigint;
  /** Name of its section. */
  readonly section: string;
  readonly binding?: 'local' | 'global' | 'weak';
}

/** A section to write. */
interface SectionToWrite {
  readonly name: string;
  readonly address?: bigint;
  /** 2 allocated, 4 executable, 1 writable. */
  readonly flags?: number;
  /** `sh_type`; 1 (what the program has) unless told. */
  readonly type?: number;
  readonly bytes: Uint8Array;
}

const BINDINGS = { local: 0, global: 1, weak: 2 } as const;

/** Writes small ELF files for tests of the reader, of 32 or 64 bits and either byte order. */
export function buildElf(options: {
  readonly is64?: boolean;
  readonly isLittle?: boolean;
  readonly machine?: number;
  readonly sections: readonly SectionToWrite[];
  readonly symbols?: readonly SymbolToWrite[];
}): Uint8Array {
  const { is64 = true, isLittle = true, machine = 62, symbols } = options;
  const names = new StringTable();
  const strings = new StringTable();
  const sections: (SectionToWrite & { type: number; link: number })[] = [
    { name: '', bytes: new Uint8Array(0), type: 0, link: 0 },
    ...options.sections.map((section) => ({ type: 1, ...section, link: 0 })),
  ];
  if (symbols !== undefined) {
    const step = is64 ? 24 : 16;
    const table = new DataView(new ArrayBuffer(step * (symbols.length + 1)));
    for (const [i, { name, address, section, binding = 'global' }] of symbols.entries()) {
      const at = step * (i + 1);
      const info = (BINDINGS[binding] << 4) | 2;
      const index = sections.findIndex((each) => each.name === section);
      table.setUint32(at, strings.add(name), isLittle);
      if (is64) {
        table.setUint8(at + 4, info);
        table.setUint16(at + 6, index, isLittle);
        table.setBigUint64(at + 8, address, isLittle);
      } else {
        table.setUint32(at + 4, Number(address & 0xffff_ffffn), isLittle);
        table.setUint8(at + 12, info);
        table.setUint16(at + 14, index, isLittle);
      }
    }
    sections.push({ name: '.symtab', bytes: new Uint8Array(table.buffer), type: 2, link: sections.length + 1 });
    sections.push({ name: '.strtab', bytes: strings.bytes(), type: 3, link: 0 });
  }
  const nameAt = sections.map(({ name }) => names.add(name));
  const namesAt = names.add('.shstrtab');
  sections.push({ name: '.shstrtab', bytes: names.bytes(), type: 3, link: 0 });
  nameAt.push(namesAt);

  const headerSize = is64 ? 64 : 52;
  const entrySize = is64 ? 64 : 40;
  const dataSize = sections.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const tableAt = headerSize + dataSize;
  const file = new Uint8Array(tableAt + entrySize * sections.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, isLittle ? 1 : 2, 1]);
  view.setUint16(18, machine, isLittle);
  if (is64) view.setBigUint64(40, BigInt(tableAt), isLittle);
  else view.setUint32(32, tableAt, isLittle);
  const tail = is64 ? 58 : 46;
  view.setUint16(tail, entrySize, isLittle);
  view.setUint16(tail + 2, sections.length, isLittle);
  view.setUint16(tail + 4, sections.length - 1, isLittle);
  let at = headerSize;
  for (const [i, { type, flags = 0, address = 0n, bytes, link }] of sections.entries()) {
    const entry = tableAt + i * entrySize;
    view.setUint32(entry, nameAt[i]!, isLittle);
    view.setUint32(entry + 4, type, isLittle);
    for (const [n, value] of [BigInt(flags), address, BigInt(at), BigInt(bytes.length)].entries()) {
      if (is64) view.setBigUint64(entry + 8 + 8 * n, value, isLittle);
      else view.setUint32(entry + 8 + 4 * n, Number(value), isLittle);
    }
    view.setUint32(entry + (is64 ? 40 : 24), link, isLittle);
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

class StringTable {
  #text = '\0';

  add(name: string): number {
    if (name === '') return 0;
    const at = this.#text.length;
    this.#text += `${name}\0`;
    return at;
  }

  bytes(): Uint8Array {
    return new TextEncoder().encode(this.#text);
  }
}
