import { KSYM_NAME_LEN } from '../abi/limits.ts';

/** Bytes of a name that its hash looks at. */
const HASHED_BYTES = 64;
const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** A name made ready for comparing: its bytes without terminator, and its hash. */
export interface NameKey {
  readonly bytes: Uint8Array;
  readonly hash: number;
}

/** Prepares a name for lookups; `undefined` for what no type can be named: empty, with a NUL, or too long. */
export function nameKey(name: string): NameKey | undefined {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length === 0 || bytes.length >= KSYM_NAME_LEN || bytes.includes(0)) return undefined;
  return { bytes, hash: hashAt(bytes, 0) };
}

/** FNV-1a over the first bytes of the name at `offset`, up to its terminator, as unsigned 32 bits. */
export function hashAt(bytes: Uint8Array, offset: number): number {
  let hash = FNV_BASIS;
  const end = Math.min(offset + HASHED_BYTES, bytes.length);
  for (let i = offset; i < end && bytes[i] !== 0; i++) hash = Math.imul(hash ^ bytes[i]!, FNV_PRIME);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Does the string section hold exactly this name at `offset`? */
export function nameEquals(strings: Uint8Array, offset: number, key: Uint8Array): boolean {
  for (let i = 0; i < key.length; i++) if (strings[offset + i] !== key[i]) return false;
  return strings[offset + key.length] === 0;
}

/** The name at a byte offset of the string section; `undefined` outside it, or when it is longer than a kernel name can be. */
export function nameAt(strings: Uint8Array, offset: number): string | undefined {
  if (offset >= strings.length) return undefined;
  let text = '';
  for (let i = offset; i < offset + KSYM_NAME_LEN; i++) {
    const byte = strings[i]!;
    if (byte === 0) return text;
    if (byte >= 0x80) return decodeName(strings, offset);
    text += String.fromCharCode(byte);
  }
  return undefined;
}

function decodeName(strings: Uint8Array, offset: number): string | undefined {
  const end = strings.indexOf(0, offset);
  return end - offset < KSYM_NAME_LEN ? new TextDecoder().decode(strings.subarray(offset, end)) : undefined;
}
