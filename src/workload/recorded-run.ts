import type { StepFlags } from './script.ts';

/** One argument as the function_graph tracer printed it. */
export interface RecordedArg {
  readonly name: string;
  /** Unsigned 64 bits: integers are printed signed and in decimal, pointers in hexadecimal. */
  value: bigint;
  /** Second register of a structure passed by value in two. */
  high?: bigint;
}

/** A call in a function_graph recording. Times are microseconds since boot, as printed. */
export interface RecordedCall {
  readonly kind: 'call';
  readonly fn: string;
  args: RecordedArg[];
  readonly pid: number;
  /** Microseconds since boot. */
  start: number;
  /** Microseconds since boot of its return; undefined when it never returned, or is a leaf. */
  end?: number;
  /** Nanoseconds from entry to return; undefined when it never returned. */
  duration?: number;
  parent: RecordedCall | undefined;
  children: RecordedItem[];
  /** From a fprobe event's comment inside the call: `caller+offset`, or `return_to_handler` for a tail call. */
  returnTo?: CodePlace;
  /** From the same comment: what the return register held. */
  returnValue?: bigint;
  /** An interrupt's frame, which the recording leaves out: its calls lie one deeper than those around them. */
  readonly interrupt: boolean;
  /** The handler of an interrupt of another run that it was copied from with all it called. */
  readonly graft?: RecordedCall;
  /** The context that such a call is made in. */
  readonly graftFlags?: StepFlags;
}

/** A line that is not a call: a static event, or an event of a probe, as the function_graph tracer shows it in a comment. */
interface RecordedMark {
  readonly kind: 'mark';
  readonly text: string;
  readonly pid: number;
  readonly start: number;
  parent: RecordedCall | undefined;
}

export type RecordedItem = RecordedCall | RecordedMark;

/** A place in code, as `%pS` prints it. */
export interface CodePlace {
  readonly symbol: string;
  readonly offset: number;
  readonly size: number;
}

/** One task of a recording. `name` may be shortened to seven characters. */
export interface RecordedTask {
  readonly pid: number;
  readonly name: string;
  readonly roots: RecordedItem[];
}

/** One step of a recording in the order of time. */
interface RecordedStep {
  readonly op: 'enter' | 'leave' | 'mark';
  readonly item: RecordedItem;
}

/** A return whose call the recording does not show. */
export interface StrayReturn {
  readonly pid: number;
  readonly fn: string;
  readonly returnTo: CodePlace;
  readonly returnValue: bigint;
  /** Steps recorded before it. */
  readonly at: number;
}

/** A function_graph recording: a forest a task, and the order in which everything happened. */
export interface RecordedRun {
  readonly tasks: Map<number, RecordedTask>;
  readonly steps: RecordedStep[];
  /** Returns of calls that began before the recording, or that it does not show: interrupts. */
  readonly strays: StrayReturn[];
}

const PLACE = /^(\S+?)\+0x([0-9a-f]+)\/0x([0-9a-f]+)$/;

/** Reads `symbol+0x4/0x470`; undefined for anything else. */
export function parsePlace(text: string): CodePlace | undefined {
  const m = PLACE.exec(text);
  return m ? { symbol: m[1], offset: Number.parseInt(m[2], 16), size: Number.parseInt(m[3], 16) } : undefined;
}

/** Names and places that recordings repeat a million times, each kept once: equal ones are then the same string, which is quick to tell. */
export class NamePool {
  readonly #names = new Map<string, string>();
  readonly #places = new Map<string, CodePlace>();

  /** The one string of these characters. */
  name(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    // A copy: what is cut out of a text keeps all of that in memory.
    const own = text.split('').join('');
    this.#names.set(own, own);
    return own;
  }

  /** As {@link parsePlace}. */
  place(text: string): CodePlace | undefined {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    const parsed = parsePlace(text);
    if (parsed === undefined) return undefined;
    const place = { ...parsed, symbol: this.name(parsed.symbol) };
    this.#places.set(this.name(text), place);
    return place;
  }
}
