import type { Btf } from '../btf/index.ts';

/** A member of a struct, as a path names it. */
interface OffsetPath {
  /** Names with dots between them. */
  readonly path: string;
  /** Type id. */
  readonly type: number;
}

const MAX_DEPTH = 8;

/** The innermost plain member of a struct or union that starts at a byte offset; `undefined` when none does. Of a union the first one counts. */
export function pathAtOffset(btf: Btf, structId: number, offset: number, depth = 0): OffsetPath | undefined {
  const struct = btf.skipModifiers(structId)?.type;
  if ((struct?.kind !== 'struct' && struct?.kind !== 'union') || depth > MAX_DEPTH) return undefined;
  for (const { name, type, bitOffset, bitfieldSize } of struct.members) {
    const start = bitOffset / 8;
    const size = btf.sizeOf(type) ?? 0;
    if (bitfieldSize !== 0 || offset < start || offset >= start + size) continue;
    const inner = pathAtOffset(btf, type, offset - start, depth + 1);
    if (inner !== undefined) return { path: name === '' ? inner.path : `${name}.${inner.path}`, type: inner.type };
    const kind = btf.skipModifiers(type)?.type.kind;
    if (offset === start && name !== '' && kind !== 'struct' && kind !== 'union') return { path: name, type };
  }
  return undefined;
}

/** What an argument of this type points to, when that is a struct or union. */
export function pointedStruct(btf: Btf, type: number): number | undefined {
  const pointer = btf.skipModifiers(type)?.type;
  if (pointer?.kind !== 'ptr') return undefined;
  const target = btf.skipModifiers(pointer.type);
  return target?.type.kind === 'struct' || target?.type.kind === 'union' ? target.id : undefined;
}
