import type { BtfSections } from './layout.ts';
import { nameAt } from './names.ts';
import { infoFlag, infoKind, infoVlen, RECORD_WORDS } from './record.ts';
import { BTF_KINDS, type BtfMember, type BtfType } from './types.ts';

const INT_SIGNED = 1;
const INT_CHAR = 2;
const INT_BOOL = 4;

/** Decodes the record at a word offset, which must lie inside the section whole; `undefined` when a name in it is no name. */
export function decodeType(sections: BtfSections, at: number): BtfType | undefined {
  const { words, strings } = sections;
  const info = words[at + 1]!;
  const third = words[at + 2]!;
  const extra = words[at + RECORD_WORDS]!;
  const kind = BTF_KINDS[infoKind(info)];
  const name = nameAt(strings, words[at]!);
  if (name === undefined || kind === undefined) return undefined;
  switch (kind) {
    case 'void':
      return undefined;
    case 'int': {
      const encoding = (extra >>> 24) & 0xf;
      return {
        kind,
        name,
        size: third,
        signed: (encoding & INT_SIGNED) !== 0,
        char: (encoding & INT_CHAR) !== 0,
        bool: (encoding & INT_BOOL) !== 0,
        bitOffset: (extra >>> 16) & 0xff,
        bits: extra & 0xff,
      };
    }
    case 'array':
      return { kind, name, type: extra, indexType: words[at + 4]!, count: words[at + 5]! };
    case 'struct':
    case 'union': {
      const members = entries(sections, at, (entry) => decodeMember(sections, info, entry), 3);
      return members && { kind, name, size: third, members };
    }
    case 'enum': {
      const signed = infoFlag(info);
      const values = entries(
        sections,
        at,
        (entry) => named(strings, words[entry]!, { value: signed ? words[entry + 1]! | 0 : words[entry + 1]! }),
        2,
      );
      return values && { kind, name, size: third, signed, values };
    }
    case 'enum64': {
      const signed = infoFlag(info);
      const values = entries(
        sections,
        at,
        (entry) => {
          const bits = (BigInt(words[entry + 2]!) << 32n) | BigInt(words[entry + 1]!);
          return named(strings, words[entry]!, { value: signed ? BigInt.asIntN(64, bits) : bits });
        },
        3,
      );
      return values && { kind, name, size: third, signed, values };
    }
    case 'func_proto': {
      const params = entries(sections, at, (entry) => named(strings, words[entry]!, { type: words[entry + 1]! }), 2);
      return params && { kind, name, returnType: third, params };
    }
    case 'datasec': {
      const vars = entries(
        sections,
        at,
        (entry) => ({ type: words[entry]!, offset: words[entry + 1]!, size: words[entry + 2]! }),
        3,
      );
      return vars && { kind, name, size: third, vars };
    }
    case 'fwd':
      return { kind, name, union: infoFlag(info) };
    case 'func':
      return { kind, name, type: third, linkage: infoVlen(info) };
    case 'var':
      return { kind, name, type: third, linkage: extra };
    case 'float':
      return { kind, name, size: third };
    case 'decl_tag':
      return { kind, name, type: third, component: extra | 0 };
    default:
      return { kind, name, type: third };
  }
}

/** Decodes the member at a word offset, of a struct or union with this info word; `undefined` when its name is no name. */
export function decodeMember(sections: BtfSections, info: number, at: number): BtfMember | undefined {
  const { words, strings } = sections;
  const offset = words[at + 2]!;
  const bits = infoFlag(info)
    ? { bitOffset: offset & 0xffffff, bitfieldSize: offset >>> 24 }
    : { bitOffset: offset, bitfieldSize: 0 };
  return named(strings, words[at]!, { type: words[at + 1]!, ...bits });
}

function named<T>(strings: Uint8Array, offset: number, rest: T): ({ name: string } & T) | undefined {
  const name = nameAt(strings, offset);
  return name === undefined ? undefined : { name, ...rest };
}

function entries<T>(
  sections: BtfSections,
  at: number,
  decode: (entry: number) => T | undefined,
  stride: number,
): T[] | undefined {
  const all: T[] = [];
  const vlen = infoVlen(sections.words[at + 1]!);
  for (let i = 0; i < vlen; i++) {
    const entry = decode(at + RECORD_WORDS + i * stride);
    if (entry === undefined) return undefined;
    all.push(entry);
  }
  return all;
}
