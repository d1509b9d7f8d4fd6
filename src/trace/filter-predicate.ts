import { Errno } from '../abi/errno.ts';
import { type CpuMask, cpuMaskWeight, parseCpuList } from './cpumask.ts';
import { isAlnum, isDigit, isSpace } from './ctype.ts';
import { type EventField, type FilterType, filterTypeOf, findEventField } from './event-field.ts';
import { cpuTest, functionTest, maskTest, type Predicate, scalarMaskTest, valueTest } from './filter-compare.ts';
import type { FilterError, FilterErrorCode } from './filter-errors.ts';
import type { ParsedPredicate } from './filter-parse.ts';
import { commTest, type StringReader, stringTest } from './filter-string.ts';
import { kstrtoll, kstrtoull } from './kstrtox.ts';
import { buildMatcher, filterParseRegex } from './regex.ts';

/** Comparison operators; `<=` stands before `<`, as the kernel looks for them in this order. */
const FILTER_OPS = ['~', '!=', '==', '<=', '<', '>=', '>', '&'] as const;

/** A comparison operator of the filter language. */
export type FilterOp = (typeof FILTER_OPS)[number];

/** What comparisons need from the machine. */
export interface FilterEnvironment {
  /** Number of cpus that could ever be, `nr_cpu_ids`. */
  readonly nrCpus: number;
  /** Address of a kernel symbol, `kallsyms_lookup_name()`. */
  lookupName(name: string): bigint | undefined;
  /** The symbol that spans an address, `kallsyms_lookup_size_offset()`. */
  symbolAt(address: bigint): { readonly address: bigint; readonly size: number } | undefined;
  /** Reads strings that a record points to. */
  readonly readString: StringReader;
}

/** Longest string operand in bytes, terminator included, `include/linux/trace_events.h:MAX_FILTER_STR_VAL`. */
const MAX_FILTER_STR_VAL = 256;
/** Room for a number operand in bytes, terminator included. */
const MAX_NUMBER = 24;
const LONG_SIZE = 8;

const STRING_TYPES: ReadonlySet<FilterType> = new Set(['string', 'dyn-string', 'rel-string', 'ptr-string', 'comm']);

/** A comparison while it is read. `at` is the offset of what is looked at now. */
interface Reader {
  readonly text: string;
  readonly start: number;
  at: number;
  readonly field: EventField;
  readonly filterType: FilterType;
  readonly op: FilterOp;
  readonly env: FilterEnvironment;
}

type Outcome = Predicate | FilterError;

function skip(text: string, at: number, test: (code: number) => boolean): number {
  let i = at;
  while (i < text.length && test(text.charCodeAt(i))) i++;
  return i;
}

const skipSpace = (text: string, at: number) => skip(text, at, isSpace);

/** A refusal at an offset; the kernel counts offsets of a comparison from the byte after its first. */
const refuse = (at: number, code: FilterErrorCode): FilterError => ({ errno: -Errno.EINVAL, code, pos: at + 1 });

/**
 * A parser of single comparisons for events with these fields, `kernel/trace/trace_events_filter.c:parse_pred()`: `FIELD OP VALUE` with
 * a number, a quoted string, `CPUS{list}`, or for `FIELD.function` a symbol or address.
 */
export function predicateParser(fields: readonly EventField[], env: FilterEnvironment) {
  return (text: string, start: number): ParsedPredicate<Predicate> | FilterError => {
    const nameAt = skipSpace(text, start);
    let at = skip(text, nameAt, (code) => isAlnum(code) || code === 0x5f);
    if (at === nameAt) return { errno: -Errno.EPERM, pos: 0 };
    const field = findEventField(fields, text.slice(nameAt, at));
    if (!field) return refuse(at, 'FIELD_NOT_FOUND');
    const ustring = text.startsWith('.ustring', at);
    if (ustring) at += '.ustring'.length;
    const isFunction = text.startsWith('.function', at);
    if (isFunction) at += '.function'.length;
    at = skipSpace(text, at);
    const op = FILTER_OPS.find((candidate) => text.startsWith(candidate, at));
    if (!op) return refuse(at, 'INVALID_OP');
    at = skipSpace(text, at + op.length);
    const reader: Reader = {
      text,
      start,
      at,
      field,
      filterType: field.filterType ?? filterTypeOf(field.type),
      op,
      env,
    };
    const predicate = isFunction ? readFunction(reader) : readOperand(reader, ustring);
    return typeof predicate === 'function' ? { predicate, end: reader.at } : predicate;
  };
}

function readOperand(reader: Reader, ustring: boolean): Outcome {
  const { text, at } = reader;
  if (text.startsWith('CPUS', at)) return readCpuList(reader);
  const char = text[at];
  if (char === "'" || char === '"') return readString(reader, char, ustring);
  if (char === '-' || isDigit(text.charCodeAt(at))) return readNumber(reader);
  return refuse(at, 'INVALID_VALUE');
}

function readFunction(reader: Reader): Outcome {
  const { text, field, op, env } = reader;
  const start = reader.at;
  if (field.size !== LONG_SIZE) return refuse(start, 'ILLEGAL_FIELD_OP');
  if (op !== '==' && op !== '!=') return refuse(start, 'INVALID_OP');
  const numeric = isDigit(text.charCodeAt(start));
  reader.at = skip(text, start, numeric ? isAlnum : (code) => !isSpace(code));
  const word = text.slice(start, reader.at);
  let ip: bigint | undefined;
  if (numeric) {
    if (word.length >= MAX_NUMBER) return refuse(reader.at, 'OPERAND_TOO_LONG');
    const parsed = kstrtoull(word, 0);
    if (parsed.errno !== undefined) return refuse(reader.at, 'INVALID_VALUE');
    ip = parsed.value;
  } else {
    ip = env.lookupName(word);
  }
  const symbol = ip === undefined ? undefined : env.symbolAt(ip);
  if (!symbol) return refuse(reader.at, 'NO_FUNCTION');
  return functionTest(field.offset, symbol.address, symbol.address + BigInt(symbol.size), op === '!=');
}

function readCpuList(reader: Reader): Outcome {
  const { text, field, op, filterType, env } = reader;
  const brace = reader.at + 'CPUS'.length;
  const fieldFits = filterType === 'cpumask' || filterType === 'cpu' || filterType === 'other';
  if (!fieldFits || !(op === '==' || op === '!=' || op === '&')) return refuse(reader.at, 'ILLEGAL_FIELD_OP');
  if (text[brace] !== '{') return refuse(brace + 1, 'MISSING_BRACE_OPEN');
  const close = text.indexOf('}', brace + 1);
  if (close < 0) return refuse(text.length, 'MISSING_BRACE_CLOSE');
  if (close === brace + 1) return refuse(close, 'INVALID_CPULIST');
  const mask = parseCpuList(text.slice(brace + 1, close), env.nrCpus);
  if (typeof mask === 'number') return refuse(close, 'INVALID_CPULIST');
  reader.at = close + 1;
  return cpuListTest(field, filterType, op, mask, env.nrCpus);
}

/** A list of one cpu compares as that number, other lists as sets; `&` with one cpu means `==`. */
function cpuListTest(
  field: EventField,
  filterType: FilterType,
  op: '==' | '!=' | '&',
  mask: CpuMask,
  nrCpus: number,
): Predicate {
  const single = cpuMaskWeight(mask) === 1;
  if (filterType === 'cpumask') return maskTest(field.offset, op, mask, single, nrCpus);
  if (!single) return scalarMaskTest(filterType === 'cpu' ? undefined : field, op, mask, nrCpus);
  const cpu = mask.findIndex((word) => word !== 0) * 32 + (31 - Math.clz32(mask.find((word) => word !== 0)!));
  const scalarOp = op === '&' ? '==' : op;
  return filterType === 'cpu'
    ? cpuTest(scalarOp, cpu)
    : valueTest(field.offset, field.size, false, scalarOp, BigInt(cpu));
}

function readString(reader: Reader, quote: string, ustring: boolean): Outcome {
  const { text, field, op, filterType, env } = reader;
  const start = reader.at;
  if (op !== '~' && op !== '==' && op !== '!=') return refuse(start, 'ILLEGAL_FIELD_OP');
  if (!STRING_TYPES.has(filterType)) return refuse(start, 'EXPECT_DIGIT');
  const close = text.indexOf(quote, start + 1);
  if (close < 0) return refuse(text.length, 'MISSING_QUOTE');
  const pattern = text.slice(start + 1, close);
  if (pattern.length >= MAX_FILTER_STR_VAL) return refuse(close, 'OPERAND_TOO_LONG');
  reader.at = close + 1;
  const regex = op === '~' ? filterParseRegex(pattern) : { type: 'full' as const, search: pattern, not: op === '!=' };
  const match = buildMatcher(regex.type, regex.search);
  if (filterType === 'comm') return commTest(match, regex.not);
  return stringTest(field, filterType, match, regex.not, ustring, env.readString);
}

function readNumber(reader: Reader): Outcome {
  const { text, field, op, filterType } = reader;
  const start = reader.at;
  if (STRING_TYPES.has(filterType)) return refuse(start, 'EXPECT_STRING');
  if (op === '~') return refuse(start, 'ILLEGAL_FIELD_OP');
  reader.at = skip(text, text[start] === '-' ? start + 1 : start, isAlnum);
  const word = text.slice(start, reader.at);
  if (word.length >= MAX_NUMBER) return refuse(reader.at, 'OPERAND_TOO_LONG');
  const parsed = field.signed ? kstrtoll(word, 0) : kstrtoull(word, 0);
  if (parsed.errno !== undefined) return refuse(start, 'ILLEGAL_INTVAL');
  if (filterType === 'cpu') return cpuTest(op, Number(BigInt.asIntN(32, parsed.value)));
  return valueTest(field.offset, field.size, field.signed, op, parsed.value);
}
