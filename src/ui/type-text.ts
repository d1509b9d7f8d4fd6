import type { Btf, BtfType } from '../btf/index.ts';

/** Longest chain of pointers, arrays and qualifiers that is written out. */
const MAX_DEPTH = 16;

/** A type as C writes it: `struct inode *`, `const char *`, `u8[16]`, `struct {…}`. */
export function typeText(btf: Btf, id: number): string {
  return declarator(btf, id, '', 0);
}

/** @param around what stands behind the type already: stars and brackets */
function declarator(btf: Btf, id: number, around: string, depth: number): string {
  const type = btf.type(id);
  if (type === undefined || depth > MAX_DEPTH) return `?${around}`;
  switch (type.kind) {
    case 'ptr':
      return declarator(btf, type.type, around.startsWith('*') ? `*${around}` : ` *${around}`.trimEnd(), depth + 1);
    case 'array':
      return declarator(btf, type.type, `${around}[${type.count}]`, depth + 1);
    case 'const':
    case 'volatile':
    case 'restrict':
      return qualified(btf, type.kind, type.type, around, depth);
    case 'type_tag':
      return declarator(btf, type.type, around, depth + 1);
    case 'func_proto':
      return `${declarator(btf, type.returnType, '', depth + 1)} (${around.trimStart()})(…)`;
    default:
      return named(type) + around;
  }
}

/** A qualifier stands before what it qualifies, behind the star when that is a pointer. */
function qualified(btf: Btf, qualifier: string, id: number, around: string, depth: number): string {
  return btf.type(id)?.kind === 'ptr'
    ? declarator(btf, id, ` ${qualifier}${around}`, depth + 1)
    : `${qualifier} ${declarator(btf, id, around, depth + 1)}`;
}

function named(type: BtfType): string {
  switch (type.kind) {
    case 'struct':
    case 'union':
    case 'enum':
    case 'enum64': {
      const keyword = type.kind === 'enum64' ? 'enum' : type.kind;
      return `${keyword} ${type.name || '{…}'}`;
    }
    case 'fwd':
      return `${type.union ? 'union' : 'struct'} ${type.name}`;
    default:
      return type.name || 'void';
  }
}
