import type { BtfSections } from './layout.ts';
import { hashAt } from './names.ts';
import { RECORD_WORDS, recordWords } from './record.ts';
import type { BtfError } from './types.ts';

/** Highest type id, `BTF_MAX_TYPE`. */
export const MAX_TYPES = 0x000f_ffff;
const STRIDE_SHIFT = 3;
/** Words before the tables of a stored index. */
const HEADER_WORDS = 4;

/**
 * Where the types are, and which have a given name. Places are kept for every 8th type only, the ones between are
 * reached over their records' lengths. A stored index is these words:
 *
 *     count | words of the type section | bytes of strings | buckets | places… | heads… | next…
 */
export class TypeIndex {
  /** Number of types, void (id 0) included. */
  readonly count: number;
  readonly #sections: BtfSections;
  /** Word offsets of the types 0, 8, 16, …; types start at id 1, so entry 0 is the place of id 1 and is walked from there. */
  readonly #places: Uint32Array;
  #heads: Uint32Array | undefined;
  #next: Uint32Array | undefined;

  private constructor(
    sections: BtfSections,
    count: number,
    places: Uint32Array,
    heads?: Uint32Array,
    next?: Uint32Array,
  ) {
    this.#sections = sections;
    this.count = count;
    this.#places = places;
    this.#heads = heads;
    this.#next = next;
  }

  /** Walks over all types, as `kernel/bpf/btf.c:btf_check_all_metas()` does; names are hashed when first asked for. */
  static scan(sections: BtfSections): TypeIndex | BtfError {
    const { words, strings } = sections;
    const places = new Uint32Array((Math.min(Math.floor(words.length / RECORD_WORDS), MAX_TYPES) >>> STRIDE_SHIFT) + 1);
    let count = 1;
    let at = 0;
    while (at < words.length) {
      if (at + RECORD_WORDS > words.length) return { error: `BTF type ${count} is cut off` };
      if (count > MAX_TYPES) return { error: `BTF has more than ${MAX_TYPES} types` };
      const length = recordWords(words[at + 1]!);
      if (length === 0) return { error: `BTF type ${count} is of an unknown kind` };
      if (words[at]! >= strings.length) return { error: `BTF type ${count} has a name outside the string section` };
      if ((count & 7) === 0) places[count >>> STRIDE_SHIFT] = at;
      count++;
      at += length;
    }
    if (at > words.length)
      return { error: `BTF type ${count - 1} ends ${(at - words.length) * 4} bytes past the type section` };
    return new TypeIndex(sections, count, places.slice(0, ((count - 1) >>> STRIDE_SHIFT) + 1));
  }

  /** Takes a stored index; `undefined` when it was not made for these sections. What it says is checked again at every use. */
  static restore(sections: BtfSections, stored: Uint32Array): TypeIndex | undefined {
    const [count = 0, wordCount, stringBytes, buckets = 0] = stored;
    if (count < 1 || wordCount !== sections.words.length || stringBytes !== sections.strings.length) return undefined;
    const headsAt = HEADER_WORDS + ((count - 1) >>> STRIDE_SHIFT) + 1;
    const nextAt = headsAt + buckets;
    if (!isPowerOfTwo(buckets) || stored.length !== nextAt + count) return undefined;
    return new TypeIndex(
      sections,
      count,
      stored.subarray(HEADER_WORDS, headsAt),
      stored.subarray(headsAt, nextAt),
      stored.subarray(nextAt),
    );
  }

  /** The index as words to store. */
  store(): Uint32Array {
    const { heads, next } = this.#chains();
    const { words, strings } = this.#sections;
    const parts = [[this.count, words.length, strings.length, heads.length], this.#places, heads, next];
    const stored = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      stored.set(part, at);
      at += part.length;
    }
    return stored;
  }

  /** Word offset of a type's record, all of which lies inside the section; -1 when there is no such type. */
  place(id: number): number {
    if (!(id > 0 && id < this.count)) return -1;
    const { words } = this.#sections;
    let at = this.#places[id >>> STRIDE_SHIFT]!;
    const known = id & ~7;
    for (let walked = known === 0 ? 1 : known; ; walked++) {
      const length = recordWords(words[at + 1] ?? 0);
      if (length === 0 || at + length > words.length) return -1;
      if (walked === id) return at;
      at += length;
    }
  }

  /** Lowest type id above `after` whose name may have this hash; 0 when there is none. Hashes collide: compare the name. */
  candidate(hash: number, after: number): number {
    const { heads, next } = this.#chains();
    const id = after === 0 ? heads[hash & (heads.length - 1)]! : next[after]!;
    return id > after && id < this.count ? id : 0;
  }

  #chains(): { heads: Uint32Array; next: Uint32Array } {
    if (this.#heads !== undefined && this.#next !== undefined) return { heads: this.#heads, next: this.#next };
    const { words, strings } = this.#sections;
    const heads = new Uint32Array(2 ** Math.max(4, Math.ceil(Math.log2(this.count)) - 1));
    const next = new Uint32Array(this.count);
    const last = new Uint32Array(heads.length);
    let at = 0;
    for (let id = 1; id < this.count; id++) {
      const name = words[at]!;
      if (name !== 0) {
        const bucket = hashAt(strings, name) & (heads.length - 1);
        if (last[bucket] === 0) heads[bucket] = id;
        else next[last[bucket]!] = id;
        last[bucket] = id;
      }
      at += recordWords(words[at + 1]!);
    }
    this.#heads = heads;
    this.#next = next;
    return { heads, next };
  }
}

function isPowerOfTwo(n: number): boolean {
  return n > 0 && (n & (n - 1)) === 0;
}
