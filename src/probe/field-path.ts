import { Errno } from '../abi/errno.ts';
import type { BtfComposite, BtfMember, BtfType, ResolvedType } from '../btf/index.ts';
import { type FetchStep, hasRoom } from './fetch-step.ts';
import type { ProbeTypes } from './probe-scope.ts';
import { Refusal, refuse } from './refusal.ts';

/** What the types say about the value that a program has fetched so far. */
export interface BtfValue {
  /** Its type, behind modifiers. */
  readonly type: BtfType;
  /** First bit inside the fetched value, 0–7. */
  readonly bitOffset: number;
  /** Bits of a bitfield, 0 for an ordinary member. */
  readonly bitSize: number;
}

/** A name up to the next separator, and where the rest starts. */
interface PathHead {
  readonly name: string;
  /** `->`, `.`, or nothing when this is the last name. */
  readonly separator: '->' | '.' | '';
  /** Index of the rest in the text; its length when there is no rest. */
  readonly rest: number;
}

/**
 * Splits the first name off `a->b.c`, `kernel/trace/trace_probe.c:split_next_field()`.
 * @param at column of the text in its word
 */
export function splitPathHead(text: string, at: number): PathHead | Refusal {
  const end = text.search(/[.-]/);
  if (end < 0) return { name: text, separator: '', rest: text.length };
  const name = text.slice(0, end);
  if (text[end] === '.') return { name, separator: '.', rest: end + 1 };
  return text[end + 1] === '>' ? { name, separator: '->', rest: end + 2 } : refuse('BAD_HYPHEN', at + end);
}

interface Member {
  readonly resolved: ResolvedType;
  /** Bits from the start of the struct. */
  readonly bitOffset: number;
  readonly bitSize: number;
}

/**
 * Bits from a struct's start to a member. The kernel reads the member's offset word as the outer struct's members have it: where a
 * struct without bitfields embeds an anonymous one that has some, the size of the bitfield stays in the upper bits of the offset.
 */
function memberBits(outer: BtfComposite, member: BtfMember): { offset: number; size: number } {
  const { bitOffset, bitfieldSize } = member;
  const plain = bitfieldSize === 0 || outer.members.some((m) => m.bitfieldSize !== 0);
  return plain ? { offset: bitOffset, size: bitfieldSize } : { offset: bitfieldSize * 2 ** 24 + bitOffset, size: 0 };
}

function findMember(types: ProbeTypes, struct: ResolvedType, name: string, at: number): Member | Refusal {
  if (struct.type.kind !== 'struct' && struct.type.kind !== 'union') return refuse('BAD_BTF_TID', at);
  const found = types.findMember(struct.id, name);
  if (found === undefined) return refuse('NO_BTF_FIELD', at, -Errno.ENOENT);
  const resolved = types.skipModifiers(found.member.type);
  if (resolved === undefined) return refuse('BAD_BTF_TID', at);
  const bits = memberBits(struct.type, found.member);
  return { resolved, bitOffset: found.anonOffset + bits.offset, bitSize: bits.size };
}

/** Result of {@link parseFieldPath}: what the last member is, and the column that later errors about the argument show. */
export interface FieldPath {
  readonly value: BtfValue;
  readonly at: number;
}

/**
 * Follows `field`, `field.sub`, `field->other` from a pointer and appends a dereference for each arrow
 * (`kernel/trace/trace_probe.c:parse_btf_field()`).
 *
 * After the last name the kernel adds the difference of a null pointer to the column, so what it shows for errors found later is chance. Here
 * the column stays at the last name.
 * @param path the names behind the first arrow
 * @param pointer type of what was fetched so far
 * @param at column of the path in its word
 */
export function parseFieldPath(
  path: string,
  pointer: BtfType,
  at: number,
  types: ProbeTypes,
  steps: FetchStep[],
): FieldPath | Refusal {
  let rest = path;
  let column = at;
  let type = pointer;
  for (;;) {
    if (type.kind !== 'ptr') return refuse('NO_PTR_STRCT', column);
    let struct = types.skipModifiers(type.type);
    let bitOffset = 0;
    let bitSize: number;
    let separator: PathHead['separator'];
    do {
      if (struct === undefined) return refuse('BAD_BTF_TID', column);
      const head = splitPathHead(rest, column);
      if (head instanceof Refusal) return head;
      const member = findMember(types, struct, head.name, column);
      if (member instanceof Refusal) return member;
      bitOffset += member.bitOffset;
      bitSize = member.bitSize;
      struct = member.resolved;
      separator = head.separator;
      if (separator !== '') column += head.rest;
      rest = rest.slice(head.rest);
    } while (separator === '.');
    if (!hasRoom(steps)) return refuse('TOO_MANY_OPS', column);
    steps.push({ op: 'dereference', offset: Math.floor(bitOffset / 8), user: false });
    type = struct.type;
    if (separator === '') return { value: { type, bitOffset: bitOffset % 8, bitSize }, at: column };
  }
}
