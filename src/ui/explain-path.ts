import type { Btf } from '../btf/index.ts';
import { typeText } from './type-text.ts';

/** One name of a path of fields, and where it lies. */
export interface PathStep {
  /** As written, with its separator: `->f_path`, `.dentry`. */
  readonly text: string;
  /** As C writes it. */
  readonly type: string;
  /** Struct or union that has the field; `undefined` for the argument itself. */
  readonly of?: string;
  /** Bytes from the start of that struct. */
  readonly offset?: number;
  /** First and last bit inside the byte or bytes at `offset`, of a bitfield. */
  readonly bits?: readonly [first: number, last: number];
}

const SEPARATED = /(->|\.)([A-Za-z_]\w*)/y;

/**
 * The types along `name->field.sub`, from the argument to the last field; as far as the types know them.
 * @param rootType type id of what the path starts from
 */
export function walkPath(btf: Btf, path: string, rootType: number): PathStep[] {
  const root = /^\$?\w+/.exec(path)?.[0] ?? '';
  const steps: PathStep[] = [{ text: root, type: typeText(btf, rootType) }];
  let type = rootType;
  SEPARATED.lastIndex = root.length;
  for (let match = SEPARATED.exec(path); match !== null; match = SEPARATED.exec(path)) {
    const [, separator = '', name = ''] = match;
    let struct = btf.skipModifiers(type);
    if (separator === '->' && struct?.type.kind === 'ptr') struct = btf.skipModifiers(struct.type.type);
    const found = struct && btf.findMember(struct.id, name);
    if (struct === undefined || found === undefined) break;
    const bit = found.anonOffset + found.member.bitOffset;
    const size = found.member.bitfieldSize;
    steps.push({
      text: separator + name,
      type: typeText(btf, found.member.type),
      of: `${struct.type.kind} ${struct.type.name || '{...}'}`,
      offset: Math.floor(bit / 8),
      ...(size > 0 && { bits: [bit % 8, (bit % 8) + size - 1] as const }),
    });
    type = found.member.type;
  }
  return steps;
}
