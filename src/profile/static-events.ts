import { isProfileError, type ProfileError } from './profile-error.ts';
import { unpackSections, wordsOf } from './section-file.ts';

/** Words of one event in the table. */
export const EVENT_WORDS = 4;
/** Bit of an event's flags: it has an `enable` file and a line in `available_events`. */
export const EVENT_ENABLEABLE = 1;

/** A field of a trace event. */
export interface EventField {
  readonly name: string;
  /** As in `format`, an array with its brackets: `unsigned long`, `char[16]`, `__data_loc char[]`. */
  readonly type: string;
  /** In bytes from the record's start. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  readonly signed: boolean;
  /** Elements of an array of fixed length. */
  readonly len?: number;
}

/** A trace event's name. */
export interface EventName {
  readonly system: string;
  readonly name: string;
}

/** A trace event that the kernel is built with. */
export interface StaticEvent extends EventName {
  /** Its `id` file. */
  readonly id: number;
  /** Its own fields, without the common ones. */
  readonly fields: readonly EventField[];
  /** Behind `print fmt: `; may hold newlines. */
  readonly printFmt: string;
  /** The whole `format` file. */
  readonly formatText: string;
}

interface Directory {
  readonly all: readonly EventName[];
  readonly list: readonly EventName[];
  /** By `system:name`. */
  readonly numbers: ReadonlyMap<string, number>;
}

/** The trace events of a kernel. Sections of the table: 0 per event id, start and length (bytes) of its format, flags; 1 `system:name` and NUL for each. */
export class StaticEvents {
  readonly #table: Uint32Array;
  readonly #names: Uint8Array;
  readonly #formats: () => Uint8Array;
  readonly #decoded = new Map<number, StaticEvent>();
  #directory: Directory | undefined;

  private constructor(table: Uint32Array, names: Uint8Array, formats: () => Uint8Array) {
    this.#table = table;
    this.#names = names;
    this.#formats = formats;
  }

  /** Opens the bytes of `events.bin`; `formats` reads the formats' text when a field is first needed. */
  static fromBytes(bytes: Uint8Array, formats: () => Uint8Array): StaticEvents | ProfileError {
    const sections = unpackSections(bytes, 'events', 2);
    if (isProfileError(sections)) return sections;
    const table = wordsOf(sections[0]!);
    return new StaticEvents(table, sections[1]!, formats);
  }

  /** The events of `available_events`, in its order. */
  get list(): readonly EventName[] {
    return this.#open().list;
  }

  /** Those and the ones without an `enable` file (system `ftrace`), which follow. */
  get all(): readonly EventName[] {
    return this.#open().all;
  }

  /** Number in the `id` file of an event; needs no format. */
  idOf(system: string, name: string): number | undefined {
    const number = this.#number(system, name);
    return number === undefined ? undefined : this.#table[number * EVENT_WORDS];
  }

  /** Can the event be enabled (is it in `available_events`)? */
  enableable(system: string, name: string): boolean {
    const number = this.#number(system, name);
    return number !== undefined && (this.#flags(number) & EVENT_ENABLEABLE) !== 0;
  }

  /** An event with its fields. */
  get(system: string, name: string): StaticEvent | undefined {
    const number = this.#number(system, name);
    if (number === undefined) return undefined;
    let event = this.#decoded.get(number);
    if (event === undefined) {
      const [id = 0, start = 0, length = 0] = this.#table.subarray(number * EVENT_WORDS);
      const formatText = new TextDecoder().decode(this.#formats().subarray(start, start + length));
      event = { system, name, id, ...parseFormat(formatText), formatText };
      this.#decoded.set(number, event);
    }
    return event;
  }

  #number(system: string, name: string): number | undefined {
    return this.#open().numbers.get(`${system}:${name}`);
  }

  #flags(number: number): number {
    return this.#table[number * EVENT_WORDS + 3]!;
  }

  #open(): Directory {
    if (this.#directory === undefined) {
      const text = new TextDecoder().decode(this.#names);
      const all: EventName[] = [];
      const list: EventName[] = [];
      const numbers = new Map<string, number>();
      let at = 0;
      for (let number = 0; number < this.#table.length / EVENT_WORDS; number++) {
        const end = text.indexOf('\0', at);
        const colon = text.indexOf(':', at);
        const event = { system: text.slice(at, colon), name: text.slice(colon + 1, end) };
        all.push(event);
        if (this.#table[number * EVENT_WORDS + 3]! & EVENT_ENABLEABLE) list.push(event);
        numbers.set(text.slice(at, end), number);
        at = end + 1;
      }
      this.#directory = { all, list, numbers };
    }
    return this.#directory;
  }
}

/** Reads the text of a `format` file. Common fields end at the empty line; lines that are no field are left out. */
export function parseFormat(text: string): { fields: EventField[]; printFmt: string } {
  const printAt = text.indexOf('\nprint fmt: ');
  const head = printAt < 0 ? text : text.slice(0, printAt);
  const own = head.slice(head.indexOf('\n\n') + 1).split('\n');
  return {
    fields: own.map(parseField).filter((field) => field !== undefined),
    printFmt: printAt < 0 ? '' : text.slice(printAt + '\nprint fmt: '.length).replace(/\n$/, ''),
  };
}

const MAX_FIELD_LINE = 1000;
const FIELD = /^\tfield:(.*?)\s*(\w+)((?:\[[^\]]*\])*);\toffset:(\d+);\tsize:(\d+);\tsigned:([01]);$/;

function parseField(line: string): EventField | undefined {
  const match = line.length <= MAX_FIELD_LINE ? FIELD.exec(line) : null;
  if (match === null) return undefined;
  const [, type = '', name = '', array = '', offset, size, signed] = match;
  const len = /^\[(\d+)\]$/.exec(array)?.[1];
  return {
    name,
    type: type + array,
    offset: Number(offset),
    size: Number(size),
    signed: signed === '1',
    ...(len !== undefined && { len: Number(len) }),
  };
}
