import type { BtfError } from './types.ts';

const BTF_MAGIC = 0xeb9f;
const BTF_VERSION = 1;
/** Bytes of `struct btf_header`. */
const HEADER_SIZE = 24;
const HOST_IS_LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
/** Most bytes of strings, `BTF_MAX_NAME_OFFSET` and one. */
export const MAX_STRINGS = 0x0100_0000;

/**
 * The two sections of a blob.
 *
 *     header 24+ | types: name_off info size|type [extra words] … | strings: NUL name NUL name NUL
 *
 * Everything in the type section is a 32-bit word, so it is looked at as one array of words in the host's order.
 */
export interface BtfSections {
  readonly words: Uint32Array;
  /** Starts and ends with a NUL byte. */
  readonly strings: Uint8Array;
}

/**
 * Checks the header and finds the sections, in either byte order. The error is a sentence, for what
 * `kernel/bpf/btf.c:btf_parse_hdr()`, `btf_check_sec_info()` and `btf_parse_str_sec()` refuse.
 */
export function readSections(bytes: Uint8Array): BtfSections | BtfError {
  const found = findSections(bytes);
  if ('error' in found) return found;
  const { strings } = found;
  if (strings.length === 0 || strings.length > MAX_STRINGS || strings[0] !== 0 || strings.at(-1) !== 0)
    return { error: 'BTF string section does not start and end with a NUL byte' };
  return found;
}

/** The same of a module's blob, whose strings go on where the kernel's end: they need not start with a NUL byte, or be there. */
export function readSplitSections(bytes: Uint8Array): BtfSections | BtfError {
  const found = findSections(bytes);
  if ('error' in found || found.strings.length === 0 || found.strings.at(-1) === 0) return found;
  return { error: 'BTF string section does not end with a NUL byte' };
}

/** Writes a blob of these parts of its sections one behind the other, in the byte order of another blob. */
export function writeSections(
  words: readonly Uint32Array[],
  strings: readonly Uint8Array[],
  like: Uint8Array,
): Uint8Array {
  const little = like[0] === (BTF_MAGIC & 0xff);
  const typeBytes = 4 * words.reduce((sum, part) => sum + part.length, 0);
  const stringBytes = strings.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(HEADER_SIZE + typeBytes + stringBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, BTF_MAGIC, little);
  bytes[2] = BTF_VERSION;
  for (const [i, word] of [HEADER_SIZE, 0, typeBytes, typeBytes, stringBytes].entries())
    view.setUint32(4 + i * 4, word, little);
  let at = HEADER_SIZE;
  for (const part of words) {
    if (little === HOST_IS_LITTLE) new Uint32Array(bytes.buffer, at, part.length).set(part);
    else for (const [i, word] of part.entries()) view.setUint32(at + i * 4, word, little);
    at += part.length * 4;
  }
  for (const part of strings) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Finds the sections as the header has them. */
function findSections(bytes: Uint8Array): BtfSections | BtfError {
  if (bytes.length < HEADER_SIZE)
    return { error: `BTF of ${bytes.length} bytes is shorter than its header of ${HEADER_SIZE} bytes` };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = view.getUint16(0, true) === BTF_MAGIC;
  if (!little && view.getUint16(0, false) !== BTF_MAGIC) {
    return { error: `not BTF: the magic is 0x${view.getUint16(0, true).toString(16).padStart(4, '0')}, not 0xeb9f` };
  }
  if (bytes[2] !== BTF_VERSION) return { error: `BTF version ${bytes[2]} is not supported` };
  if (bytes[3] !== 0) return { error: `BTF flags 0x${bytes[3]!.toString(16)} are not supported` };
  const headerSize = view.getUint32(4, little);
  if (headerSize < HEADER_SIZE || headerSize > bytes.length)
    return { error: `BTF header length ${headerSize} is impossible` };
  const typeStart = view.getUint32(8, little);
  const typeEnd = typeStart + view.getUint32(12, little);
  const stringStart = view.getUint32(16, little);
  const stringEnd = stringStart + view.getUint32(20, little);
  const room = bytes.length - headerSize;
  if (typeStart % 4 !== 0 || typeEnd % 4 !== 0) return { error: 'BTF type section is not aligned to 4 bytes' };
  if (typeEnd > room) return { error: `BTF type section ends ${typeEnd - room} bytes past the data` };
  if (stringEnd > room) return { error: `BTF string section ends ${stringEnd - room} bytes past the data` };
  if (typeEnd === typeStart) return { error: 'BTF has no types' };
  if (typeStart < stringEnd && stringStart < typeEnd) return { error: 'BTF sections overlap' };
  const strings = bytes.subarray(headerSize + stringStart, headerSize + stringEnd);
  return { words: wordsAt(bytes, headerSize + typeStart, (typeEnd - typeStart) / 4, little), strings };
}

/** The words in the host's order: a view where that is possible, else a copy. */
function wordsAt(bytes: Uint8Array, start: number, count: number, little: boolean): Uint32Array {
  const at = bytes.byteOffset + start;
  if (little === HOST_IS_LITTLE && at % 4 === 0) return new Uint32Array(bytes.buffer, at, count);
  const view = new DataView(bytes.buffer, at, count * 4);
  const words = new Uint32Array(count);
  for (let i = 0; i < count; i++) words[i] = view.getUint32(i * 4, little);
  return words;
}
