import type { ProfileError } from './profile-error.ts';

const MAGIC = 0x5352_5046; // "FPRS"
const HEADER_WORDS = 4;
const ALIGN = 8;

/** Version of the files of a profile; a reader takes no other. */
export const PROFILE_FORMAT = 1;

/** What a section file holds, by the number in its header. */
const SectionKind = { symbols: 1, functions: 2, events: 3, btfIndex: 4 } as const;

/** Name of a kind of section file. */
type SectionKindName = keyof typeof SectionKind;

/**
 * Packs sections into one file; all words are little endian, offsets and lengths in bytes.
 *
 *     "FPRS" | format | kind | n | n × (offset, length) | sections, each on a multiple of 8
 */
export function packSections(kind: SectionKindName, sections: readonly ArrayBufferView[]): Uint8Array {
  const header = new Uint32Array(HEADER_WORDS + sections.length * 2);
  header.set([MAGIC, PROFILE_FORMAT, SectionKind[kind], sections.length]);
  let end = header.byteLength;
  for (const [i, section] of sections.entries()) {
    const start = Math.ceil(end / ALIGN) * ALIGN;
    header.set([start, section.byteLength], HEADER_WORDS + i * 2);
    end = start + section.byteLength;
  }
  const bytes = new Uint8Array(end);
  bytes.set(new Uint8Array(header.buffer));
  for (const [i, section] of sections.entries()) {
    bytes.set(new Uint8Array(section.buffer, section.byteOffset, section.byteLength), header[HEADER_WORDS + i * 2]!);
  }
  return bytes;
}

/** The sections of a file of this kind, as views where `bytes` is aligned. The error names no file: the caller knows it. */
export function unpackSections(input: Uint8Array, kind: SectionKindName, count: number): Uint8Array[] | ProfileError {
  const bytes = input.byteOffset % ALIGN === 0 ? input : input.slice();
  if (bytes.length < HEADER_WORDS * 4 + count * 8) return { error: `is cut off after ${bytes.length} bytes` };
  const header = new Uint32Array(bytes.buffer, bytes.byteOffset, HEADER_WORDS + count * 2);
  if (header[0] !== MAGIC) return { error: 'is not a section of a profile (wrong magic)' };
  if (header[1] !== PROFILE_FORMAT)
    return { error: `has format ${header[1]}, this program reads format ${PROFILE_FORMAT}` };
  if (header[2] !== SectionKind[kind] || header[3] !== count) return { error: `is not the section "${kind}"` };
  const sections: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const start = header[HEADER_WORDS + i * 2]!;
    const length = header[HEADER_WORDS + i * 2 + 1]!;
    if (start + length > bytes.length)
      return { error: `is cut off: ${start + length - bytes.length} bytes are missing` };
    if (start % ALIGN !== 0) return { error: 'has a section that is not aligned' };
    sections.push(bytes.subarray(start, start + length));
  }
  return sections;
}

/** A section as unsigned 32-bit words; a partial last word is left out. */
export function wordsOf(section: Uint8Array): Uint32Array {
  return new Uint32Array(section.buffer, section.byteOffset, section.length >>> 2);
}
