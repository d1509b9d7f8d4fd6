import * as zlib from 'node:zlib';
import { UNAME_ARCHES } from '../abi/arch-names.ts';
import type { KernelSources, SourcePart } from './kernel-sources.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';
import { openAccess, type RandomAccess } from './random-access.ts';
import type { Progress } from './read-source.ts';

/*
 * trace.dat, trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5): a header, then in version 6 the parts in a fixed order, in version 7 sections that
 * options point to, packed or not.
 *
 *     0x17 0x08 'D' "tracing" | version NUL | big endian? | long size | page size (4) | [7: compression NUL, its version NUL, first options (8)]
 */
const MAGIC = '\x17\x08Dtracing';
const MAX_TEXT = 2 ** 28;
const MAX_SECTIONS = 4096;

const Option = { DONE: 0, UNAME: 5, FTRACE_EVENTS: 17, EVENT_FORMATS: 18, KALLSYMS: 19 } as const;

/** What is wrong with the file; thrown inside this file only. */
class Malformed extends Error {}

/** Reads numbers and strings one after the other; throws `Malformed` past the end. */
class Cursor {
  at: number;
  readonly #file: RandomAccess;
  isLittle = true;

  constructor(file: RandomAccess, at = 0, isLittle = true) {
    this.#file = file;
    this.at = at;
    this.isLittle = isLittle;
  }

  bytes(length: number): Uint8Array {
    const bytes = length <= MAX_TEXT ? this.#file.read(this.at, length) : undefined;
    if (bytes === undefined) throw new Malformed(`is cut off at byte ${this.at}`);
    this.at += length;
    return bytes;
  }

  number(size: 1 | 2 | 4 | 8): number {
    const view = new DataView(this.bytes(size).buffer);
    if (size === 1) return view.getUint8(0);
    if (size === 2) return view.getUint16(0, this.isLittle);
    if (size === 4) return view.getUint32(0, this.isLittle);
    const wide = view.getBigUint64(0, this.isLittle);
    if (wide > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed(`has an impossible size at byte ${this.at - 8}`);
    return Number(wide);
  }

  skip(length: number): void {
    this.at += length;
  }

  /** A string up to its NUL. */
  string(): string {
    let text = '';
    for (let byte = this.number(1); byte !== 0; byte = this.number(1)) {
      text += String.fromCharCode(byte);
      if (text.length > 256) throw new Malformed(`has no string at byte ${this.at - text.length}`);
    }
    return text;
  }

  expect(text: string): void {
    const at = this.at;
    if (this.string() !== text) throw new Malformed(`has no ${text} at byte ${at}`);
  }
}

interface Found {
  formats: string[];
  kallsyms?: Uint8Array;
  uname?: string;
}

/** Formats of the system `ftrace`. */
function readOwnFormats(cursor: Cursor, found: Found): void {
  const count = cursor.number(4);
  for (let i = 0; i < count; i++)
    addFormat(found, 'ftrace', Buffer.from(cursor.bytes(cursor.number(8))).toString('latin1'));
}

/** Systems with their events' formats, in the text form of profiles. */
function readFormats(cursor: Cursor, found: Found): void {
  const systems = cursor.number(4);
  if (systems > MAX_SECTIONS) throw new Malformed(`has ${systems} event systems`);
  for (let i = 0; i < systems; i++) {
    const system = cursor.string();
    const events = cursor.number(4);
    for (let j = 0; j < events; j++)
      addFormat(found, system, Buffer.from(cursor.bytes(cursor.number(8))).toString('latin1'));
  }
}

function addFormat(found: Found, system: string, text: string): void {
  const name = /^name: (\S+)$/m.exec(text)?.[1];
  if (name !== undefined)
    found.formats.push(`== events/${system}/${name}/format\n${text.endsWith('\n') ? text : `${text}\n`}`);
}

function readVersion6(cursor: Cursor, found: Found): void {
  cursor.expect('header_page');
  cursor.skip(cursor.number(8));
  cursor.expect('header_event');
  cursor.skip(cursor.number(8));
  readOwnFormats(cursor, found);
  readFormats(cursor, found);
  found.kallsyms = cursor.bytes(cursor.number(4));
  cursor.skip(cursor.number(4));
  cursor.skip(cursor.number(8));
  cursor.number(4);
  // Without options (an old or cut file) there is no name of the machine.
  try {
    if (Buffer.from(cursor.bytes(10)).toString('latin1') !== 'options  \0') return;
    for (let id = cursor.number(2); id !== Option.DONE; id = cursor.number(2)) readOption(cursor, id, found);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
}

function readOption(cursor: Cursor, id: number, found: Found): void {
  const data = cursor.bytes(cursor.number(4));
  if (id === Option.UNAME) found.uname = Buffer.from(data).toString('latin1').replace(/\0.*$/s, '');
}

/** Unpacks the chunks of a packed section. */
function unpackSection(cursor: Cursor, compression: string): Uint8Array {
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Uint8Array };
  const unpack = compression === 'zlib' ? zlib.inflateSync : compression === 'zstd' ? zstdDecompressSync : undefined;
  if (unpack === undefined) {
    throw new Malformed(
      `is packed with ${compression}, which this Node cannot unpack: trace-cmd convert --compression none -i FILE -o OTHER`,
    );
  }
  const chunks = cursor.number(4);
  if (chunks > MAX_SECTIONS * 16) throw new Malformed(`has a section of ${chunks} chunks`);
  const parts: Uint8Array[] = [];
  let total = 0;
  for (let i = 0; i < chunks; i++) {
    const packed = cursor.number(4);
    total += cursor.number(4);
    if (total > MAX_TEXT) throw new Malformed('has a section that unpacks to more than 256 MiB');
    try {
      parts.push(unpack(cursor.bytes(packed)));
    } catch (error) {
      if (error instanceof Malformed) throw error;
      throw new Malformed(`has damaged ${compression} data`);
    }
  }
  return Buffer.concat(parts);
}

/** The content of the section at an offset: id and flags (2 bytes each), description (4), length (8), data. */
function openSection(
  file: RandomAccess,
  at: number,
  isLittle: boolean,
  compression: string,
): { id: number; data: Cursor; end: number } {
  const head = new Cursor(file, at, isLittle);
  const id = head.number(2);
  const packed = (head.number(2) & 1) !== 0;
  head.skip(4);
  const size = head.number(8);
  if (!packed) return { id, data: head, end: head.at + size };
  const bytes = unpackSection(head, compression);
  const memory: RandomAccess = {
    size: bytes.length,
    read: (from, length) =>
      from + length <= bytes.length ? Uint8Array.from(bytes.subarray(from, from + length)) : undefined,
    close() {},
  };
  return { id, data: new Cursor(memory, 0, isLittle), end: bytes.length };
}

function readVersion7(file: RandomAccess, cursor: Cursor, found: Found): void {
  const compression = cursor.string();
  cursor.string();
  let next = cursor.number(8);
  const places = new Map<number, number>();
  for (let sections = 0; next !== 0; sections++) {
    if (sections > MAX_SECTIONS) throw new Malformed('has options that never end');
    const { data, end } = openSection(file, next, cursor.isLittle, compression);
    next = 0;
    while (data.at < end) {
      const id = data.number(2);
      const size = data.number(4);
      if (id === Option.DONE) {
        next = size >= 8 ? data.number(8) : 0;
        break;
      }
      if (id >= Option.FTRACE_EVENTS && id <= Option.KALLSYMS && size >= 8) {
        places.set(id, data.number(8));
        data.skip(size - 8);
      } else if (id === Option.UNAME) {
        found.uname = Buffer.from(data.bytes(size)).toString('latin1').replace(/\0.*$/s, '');
      } else {
        data.skip(size);
      }
    }
  }
  const own = places.get(Option.FTRACE_EVENTS);
  if (own !== undefined) readOwnFormats(openSection(file, own, cursor.isLittle, compression).data, found);
  const formats = places.get(Option.EVENT_FORMATS);
  if (formats !== undefined) readFormats(openSection(file, formats, cursor.isLittle, compression).data, found);
  const kallsyms = places.get(Option.KALLSYMS);
  if (kallsyms !== undefined) {
    const { data } = openSection(file, kallsyms, cursor.isLittle, compression);
    found.kallsyms = data.bytes(data.number(4));
  }
}

function readFile(file: RandomAccess): Found {
  const found: Found = { formats: [] };
  const cursor = new Cursor(file);
  const start = file.read(0, MAGIC.length);
  if (start === undefined || Buffer.from(start).toString('latin1') !== MAGIC)
    throw new Malformed('is not a trace.dat file');
  cursor.skip(MAGIC.length);
  const version = cursor.string();
  cursor.isLittle = cursor.number(1) === 0;
  cursor.skip(5);
  if (version === '6') readVersion6(cursor, found);
  else if (version === '7') readVersion7(file, cursor, found);
  else throw new Malformed(`is trace.dat of version ${JSON.stringify(version)}: 6 and 7 can be read`);
  return found;
}

/** What a trace.dat tells of the kernel it was recorded on: symbols and event formats. It has no types and no list of functions. */
export async function traceDatSources(path: string, progress?: Progress): Promise<KernelSources | ProfileError> {
  const file = await openAccess(path, progress);
  if (isProfileError(file)) return file;
  try {
    const { formats, kallsyms, uname } = readFile(file);
    if (kallsyms === undefined || kallsyms.length === 0) return { error: `${path}: has no kallsyms` };
    const part = (bytes: Uint8Array): SourcePart => ({ from: path, bytes });
    const [, , release] = uname?.split(' ') ?? [];
    const arch = UNAME_ARCHES[uname?.trim().split(' ').at(-1) ?? ''];
    const nul = kallsyms.indexOf(0);
    return {
      kallsyms: part(nul < 0 ? kallsyms : kallsyms.subarray(0, nul)),
      formats: part(Buffer.from(formats.join(''), 'latin1')),
      ...(release !== undefined && { version: part(new TextEncoder().encode(`Linux version ${release}`)) }),
      ...(arch !== undefined && { arch }),
      warnings: ['a trace.dat has no types and no list of traceable functions'],
    };
  } catch (error) {
    if (error instanceof Malformed) return { error: `${path}: ${error.message}` };
    throw error;
  } finally {
    file.close();
  }
}
