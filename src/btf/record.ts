/** Words of `struct btf_type`: name offset, info, and size or type. */
export const RECORD_WORDS = 3;

/** Words after the record that every type of a kind has, by kind number. */
const FIXED_WORDS = [0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0] as const;
/** Words after the record for each of its vlen entries, by kind number. */
const ENTRY_WORDS = [0, 0, 0, 0, 3, 3, 2, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 0, 0, 3] as const;

/** Kind number of an info word. */
export function infoKind(info: number): number {
  return (info >>> 24) & 0x1f;
}

/** Number of members, values, parameters or variables that an info word announces. */
export function infoVlen(info: number): number {
  return info & 0xffff;
}

/** Bit 31 of an info word: sign of an enum, bitfields in a struct, union behind a forward declaration. */
export function infoFlag(info: number): boolean {
  return info >>> 31 === 1;
}

/** Words of the whole record with its extra data; 0 for an unknown kind, whose length nobody knows. */
export function recordWords(info: number): number {
  const kind = infoKind(info);
  if (kind === 0 || kind >= FIXED_WORDS.length) return 0;
  return RECORD_WORDS + FIXED_WORDS[kind]! + ENTRY_WORDS[kind]! * infoVlen(info);
}
