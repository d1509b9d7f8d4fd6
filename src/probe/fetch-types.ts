import { kstrtoull } from '../trace/kstrtox.ts';

/** How a value of a fetch type is printed. */
type PrintStyle = 'unsigned' | 'signed' | 'hex' | 'char' | 'symbol' | 'string';

/** What a fetched value is: how many bytes it takes in a record and how it prints (`struct fetch_type`). */
export interface FetchType {
  /** As users write it after the colon. */
  readonly name: string;
  /** Bytes in the record's fixed part; a string has its `__data_loc` word there. */
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  readonly isString: boolean;
  readonly print: PrintStyle;
  /** Conversion in `print fmt`, as that file spells it. */
  readonly format: string;
  /** C type in `format`. */
  readonly fieldType: string;
}

function integer(name: string, size: FetchType['size'], print: PrintStyle, format: string): FetchType {
  const signed = print === 'signed';
  return { name, size, signed, isString: false, print, format, fieldType: signed ? name : `u${size * 8}` };
}

function string(name: string): FetchType {
  const format = '\\"%s\\"';
  return { name, size: 4, signed: true, isString: true, print: 'string', format, fieldType: '__data_loc char[]' };
}

const WIDTHS = [1, 2, 4, 8] as const;

/** All types that have a name, `kernel/trace/trace_probe.c:probe_fetch_types`. */
const FETCH_TYPES: ReadonlyMap<string, FetchType> = new Map(
  [
    string('string'),
    string('ustring'),
    string('symstr'),
    ...WIDTHS.map((size) => integer(`u${size * 8}`, size, 'unsigned', size === 8 ? '%Lu' : '%u')),
    ...WIDTHS.map((size) => integer(`s${size * 8}`, size, 'signed', size === 8 ? '%Ld' : '%d')),
    ...WIDTHS.map((size) => integer(`x${size * 8}`, size, 'hex', size === 8 ? '0x%Lx' : '0x%x')),
    integer('char', 1, 'char', "'%c'"),
    integer('symbol', 8, 'symbol', '%pS'),
  ].map((type) => [type.name, type]),
);

/** The type of a value that nothing says anything about: an unsigned long in hexadecimal. */
export const DEFAULT_FETCH_TYPE: FetchType = FETCH_TYPES.get('x64')!;
/** The type of `$comm` and of immediate strings. */
export const STRING_FETCH_TYPE: FetchType = FETCH_TYPES.get('string')!;

/** The type that a bitfield is cut from: the one whose width follows the slash. */
function findContainer(name: string): FetchType | undefined {
  const slash = name.indexOf('/');
  const bits = kstrtoull(slash < 0 ? '' : name.slice(slash + 1), 0);
  return bits.errno === undefined ? FETCH_TYPES.get(`u${bits.value}`) : undefined;
}

/** Finds a type by the name after the colon, `kernel/trace/trace_probe.c:find_fetch_type()`. */
export function findFetchType(name: string): FetchType | undefined {
  return name.startsWith('b') ? findContainer(name) : FETCH_TYPES.get(name);
}
