import { type BtfSections, MAX_STRINGS, readSections, readSplitSections, writeSections } from './layout.ts';
import { infoKind, infoVlen, RECORD_WORDS, recordWords } from './record.ts';
import { MAX_TYPES, TypeIndex } from './type-index.ts';
import { BTF_KINDS, type BtfError, type BtfKind } from './types.ts';

/** Kinds whose third word is a type id; of the others it is a size, or nothing. */
const REFERRING: ReadonlySet<BtfKind | undefined> = new Set<BtfKind>([
  'ptr',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'func',
  'func_proto',
  'var',
  'decl_tag',
  'type_tag',
]);

/** Which words of the extra data are names and which are type ids: word by word of an entry, and how long an entry is. */
const ENTRIES: Partial<
  Record<BtfKind, { readonly words: number; readonly names: number[]; readonly types: number[] }>
> = {
  struct: { words: 3, names: [0], types: [1] },
  union: { words: 3, names: [0], types: [1] },
  enum: { words: 2, names: [0], types: [] },
  func_proto: { words: 2, names: [0], types: [1] },
  datasec: { words: 3, names: [], types: [0] },
  enum64: { words: 3, names: [0], types: [] },
};

/** A base blob and the modules' that were added to it. */
interface MergedBtf {
  readonly bytes: Uint8Array;
  /** Of each split blob, why it was left out; `undefined` for those that were added. */
  readonly errors: readonly (string | undefined)[];
}

/**
 * Puts the types of modules behind those of the kernel: what `/sys/kernel/btf/MODULE` has numbers its types and counts its strings from where
 * `vmlinux` ends, so several of them have the same numbers. Here each gets its own. A split blob that cannot be read is left out.
 */
export function mergeSplit(base: Uint8Array, splits: readonly Uint8Array[]): MergedBtf | BtfError {
  const kernel = readSections(base);
  if ('error' in kernel) return kernel;
  const index = TypeIndex.scan(kernel);
  if ('error' in index) return index;
  const from: Place = { types: index.count, strings: kernel.strings.length };
  const words: Uint32Array[] = [kernel.words];
  const strings: Uint8Array[] = [kernel.strings];
  const to = { ...from };
  const errors = splits.map((bytes) => {
    const split = readSplitSections(bytes);
    if ('error' in split) return split.error;
    const moved = moveTypes(split, from, to);
    if ('error' in moved) return moved.error;
    if (to.types + moved.count > MAX_TYPES || to.strings + split.strings.length > MAX_STRINGS)
      return 'there are too many types';
    words.push(moved.words);
    strings.push(split.strings);
    to.types += moved.count;
    to.strings += split.strings.length;
    return undefined;
  });
  return { bytes: writeSections(words, strings, base), errors };
}

/** The first type id and string offset behind a blob. */
interface Place {
  readonly types: number;
  readonly strings: number;
}

/** Copies the types of a split blob that is numbered from one place, numbered from another. */
function moveTypes(
  { words, strings }: BtfSections,
  from: Place,
  to: Place,
): { readonly words: Uint32Array; readonly count: number } | BtfError {
  const moved = Uint32Array.from(words);
  let outside = false;
  const name = (at: number) => {
    const offset = words[at]!;
    if (offset >= from.strings + strings.length) outside = true;
    if (offset >= from.strings) moved[at] = offset - from.strings + to.strings;
  };
  const type = (at: number) => {
    if (words[at]! >= from.types) moved[at] = words[at]! - from.types + to.types;
  };
  let count = 0;
  for (let at = 0; at < words.length; count++) {
    const info = words[at + 1] ?? 0;
    const length = recordWords(info);
    if (length === 0 || at + length > words.length) return { error: `BTF type ${from.types + count} is malformed` };
    const kind = BTF_KINDS[infoKind(info)];
    name(at);
    if (REFERRING.has(kind)) type(at + 2);
    if (kind === 'array') {
      type(at + RECORD_WORDS);
      type(at + RECORD_WORDS + 1);
    }
    const entry = kind && ENTRIES[kind];
    if (entry !== undefined) {
      for (let i = 0, start = at + RECORD_WORDS; i < infoVlen(info); i++, start += entry.words) {
        for (const place of entry.names) name(start + place);
        for (const place of entry.types) type(start + place);
      }
    }
    at += length;
  }
  return outside ? { error: 'BTF has a name outside the string section' } : { words: moved, count };
}
