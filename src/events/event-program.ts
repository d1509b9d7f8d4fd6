import { type EventField, TRACE_ENTRY_SIZE } from '../trace/event-field.ts';
import { type CExpr, parseExpression } from '../trace/print-fmt-parse.ts';
import type { RecordWriter } from '../trace/record.ts';
import { latin1Bytes } from '../trace/regex.ts';
import type { CValue } from './c-value.ts';
import { compileExpression, compileParsed, type HitScope } from './expression.ts';
import type { Hit } from './hit.ts';

/** Expressions of an event's fields, for those that do not follow from their names. */
export type Assignments = Readonly<Record<string, string>>;

/** Fills a field of a record. */
type Fill = (hit: Hit, writer: RecordWriter) => void;

/** A string at the record's end. */
interface DynamicString {
  readonly field: EventField;
  readonly value: CValue | undefined;
}

/** Longest string that a record takes, terminator included; longer ones are cut. */
const MAX_STRING = 1024;
/** What a NULL pointer leaves in place of a string. */
const NULL_TEXT = [...'(null)\0'].map((char) => char.charCodeAt(0));

/**
 * How the hits of a static event become records (`TP_fast_assign()`). Each field gets what its event's table says; else the parameter of its
 * name; else, for `x_y`, member `y` of parameter `x`; else the member of its name of the only parameter that points to a struct with one.
 * What none of these finds on this kernel stays 0.
 */
export class EventProgram {
  /** Names of fields that nothing fills. */
  readonly unknown: readonly string[];
  readonly #fixedSize: number;
  readonly #dynamicAt: number;
  readonly #fills: readonly Fill[];
  readonly #strings: readonly DynamicString[];
  readonly #lengths: Int32Array;

  constructor(fields: readonly EventField[], assignments: Assignments, scope: HitScope) {
    this.#dynamicAt = Math.max(TRACE_ENTRY_SIZE, ...fields.map((field) => field.offset + field.size));
    const align = Math.max(4, ...fields.map(alignment));
    this.#fixedSize = Math.ceil(this.#dynamicAt / align) * align;
    const fills: Fill[] = [];
    const strings: DynamicString[] = [];
    const unknown: string[] = [];
    for (const field of fields) {
      if (field.type.startsWith('__data_loc')) {
        const value = fieldValue(field.name, assignments, scope);
        if (value === undefined) unknown.push(field.name);
        strings.push({ field, value: field.type.includes('char') ? value : undefined });
        continue;
      }
      const fill = fixedFill(field, assignments, scope);
      if (fill === undefined) unknown.push(field.name);
      else fills.push(fill);
    }
    this.unknown = unknown;
    this.#fills = fills;
    this.#strings = strings;
    this.#lengths = new Int32Array(strings.length);
  }

  /** Bytes of the record of a hit; what it finds of strings is kept for {@link EventProgram.fill}, which follows. */
  size(hit: Hit): number {
    let size = this.#fixedSize;
    for (let i = 0; i < this.#strings.length; i++) {
      const length = stringLength(this.#strings[i]!.value, hit);
      this.#lengths[i] = length;
      size += length;
    }
    return size;
  }

  /** Fills a record of that size. */
  fill(hit: Hit, writer: RecordWriter): void {
    const { bytes, base, view } = writer;
    bytes.fill(0, base + TRACE_ENTRY_SIZE, base + writer.size);
    for (let i = 0; i < this.#fills.length; i++) this.#fills[i]!(hit, writer);
    let at = this.#dynamicAt;
    for (let i = 0; i < this.#strings.length; i++) {
      const { field, value } = this.#strings[i]!;
      const length = this.#lengths[i]!;
      view.setUint32(base + field.offset, at | (length << 16), true);
      storeString(value, hit, bytes, base + at, length);
      at += length;
    }
  }
}

/** Bytes that a field's type is aligned to in its struct. */
function alignment(field: EventField): number {
  const element = field.len && field.size % field.len === 0 ? field.size / field.len : field.size;
  return element === 1 || element === 2 || element === 4 || element === 8 ? element : 1;
}

function fieldValue(name: string, assignments: Assignments, scope: HitScope): CValue | undefined {
  const told = assignments[name];
  if (told !== undefined) return compileExpression(told, scope);
  const { params, types } = scope;
  if (params.some((param) => param.name === name)) return compileExpression(name, scope);
  const split = params.find((param) => name.startsWith(`${param.name}_`));
  const member = split && compileExpression(`${split.name}->${name.slice(split.name.length + 1)}`, scope);
  if (member !== undefined) return member;
  const owners = params.filter(({ type }) => {
    const pointer = types.skipModifiers(type)?.type;
    return pointer?.kind === 'ptr' && types.findMember(pointer.type, name) !== undefined;
  });
  return owners.length === 1 ? compileExpression(`${owners[0]!.name}->${name}`, scope) : undefined;
}

function fixedFill(field: EventField, assignments: Assignments, scope: HitScope): Fill | undefined {
  const { offset, size } = field;
  const told = assignments[field.name];
  const list = told?.startsWith('{') ? parseExpression(told) : undefined;
  if (list?.kind === 'list') return listFill(field, list.items, scope);
  const value = fieldValue(field.name, assignments, scope);
  if (value === undefined) return undefined;
  if (field.type.includes('[')) return field.type.includes('char') ? charsFill(field, value) : copyFill(field, value);
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) return copyFill(field, value);
  return (hit, writer) => {
    value.load(hit);
    storeWord(writer, writer.base + offset, size, hit.lo, hit.hi);
  };
}

function storeWord({ bytes, view }: RecordWriter, at: number, size: number, lo: number, hi: number): void {
  if (size === 1) bytes[at] = lo;
  else if (size === 2) view.setUint16(at, lo, true);
  else view.setUint32(at, lo, true);
  if (size === 8) view.setUint32(at + 4, hi, true);
}

/** An array whose elements are given one by one. */
function listFill(field: EventField, items: readonly CExpr[], scope: HitScope): Fill | undefined {
  const values = items.map((item) => compileParsed(item, scope));
  const step = field.size / items.length;
  if (values.some((value) => value === undefined) || ![1, 2, 4, 8].includes(step)) return undefined;
  return (hit, writer) => {
    for (let i = 0; i < values.length; i++) {
      values[i]!.load(hit);
      storeWord(writer, writer.base + field.offset + i * step, step, hit.lo, hit.hi);
    }
  };
}

/** A `char` array: a copy of another one, or of the string that a pointer leads to. */
function charsFill({ offset, size }: EventField, value: CValue): Fill {
  const { text } = value;
  if (text !== undefined) {
    const bytes = latin1Bytes(text.slice(0, size - 1));
    return (_, writer) => writer.bytes.set(bytes, writer.base + offset);
  }
  const most = value.type.kind === 'memory' ? Math.min(size, value.type.size || size) : size;
  return (hit, writer) => {
    value.load(hit);
    hit.memory.copyString(hit.lo, hit.hi, most, writer.bytes, writer.base + offset);
  };
}

/** Any other field that is no number: bytes from where the value is. */
function copyFill({ offset, size }: EventField, value: CValue): Fill {
  return (hit, writer) => {
    value.load(hit);
    if (!hit.memory.copyOut(hit.lo, hit.hi, size, writer.bytes, writer.base + offset))
      writer.bytes.fill(0, writer.base + offset, writer.base + offset + size);
  };
}

function stringLength(value: CValue | undefined, hit: Hit): number {
  if (value === undefined) return 1;
  value.load(hit);
  if (!hit.isTrue) return NULL_TEXT.length;
  return Math.max(1, hit.memory.stringLength(hit.lo, hit.hi, MAX_STRING));
}

function storeString(value: CValue | undefined, hit: Hit, bytes: Uint8Array, at: number, length: number): void {
  if (value === undefined) return;
  value.load(hit);
  if (hit.isTrue) hit.memory.copyString(hit.lo, hit.hi, length, bytes, at);
  else for (let i = 0; i < NULL_TEXT.length; i++) bytes[at + i] = NULL_TEXT[i]!;
}
