import { EventFileFlag } from '../abi/event-file-flags.ts';
import type { TraceEventCall } from './event-call.ts';
import { TraceEventFile } from './event-file.ts';
import type { EventRegistry } from './event-registry.ts';
import type { TraceArray } from './trace-array.ts';

/**
 * The event files of one trace array, `tr->events`: events added since it exists, newest first, then those that were there before it in
 * the order of `available_events`. Files of static events come to life when asked for.
 */
export class EventFiles {
  readonly #array: TraceArray;
  readonly #registry: EventRegistry;
  /** Files by event; of events added later, in the order of their coming. */
  readonly #added = new Map<TraceEventCall, TraceEventFile>();
  readonly #older = new Map<TraceEventCall, TraceEventFile>();
  readonly #static = new Map<TraceEventCall, TraceEventFile>();
  /** Files that are enabled, soft-disabled ones included. */
  readonly enabled = new Set<TraceEventFile>();
  #pidFilter = false;

  constructor(array: TraceArray, registry: EventRegistry) {
    this.#array = array;
    this.#registry = registry;
    for (const call of registry.dynamicEvents) this.#older.set(call, new TraceEventFile(call, array));
  }

  /** The file of an event. */
  of(call: TraceEventCall): TraceEventFile {
    const known = this.#added.get(call) ?? this.#older.get(call) ?? this.#static.get(call);
    if (known) return known;
    const file = new TraceEventFile(call, this.#array);
    if (this.#pidFilter) file.flags |= EventFileFlag.PID_FILTER;
    this.#static.set(call, file);
    return file;
  }

  /** Makes the file of an event that comes now. */
  add(call: TraceEventCall): TraceEventFile {
    const file = new TraceEventFile(call, this.#array);
    this.#added.set(call, file);
    return file;
  }

  /** Forgets the file of an event that goes. */
  remove(call: TraceEventCall): void {
    const file = this.of(call);
    file.flags |= EventFileFlag.FREED;
    this.#added.delete(call);
    this.#older.delete(call);
    this.enabled.delete(file);
  }

  /** Every file that has come to life. */
  known(): TraceEventFile[] {
    return [this.#added, this.#older, this.#static].flatMap((files) => [...files.values()]);
  }

  /** The trace array goes: files that are still open answer ENODEV. */
  free(): void {
    for (const files of [this.#added, this.#older, this.#static]) {
      for (const file of files.values()) file.flags |= EventFileFlag.FREED;
    }
  }

  /** Files of the systems that `wanted` answers for, in the order of the kernel's list. */
  inOrder(wanted: (system: string, name: string) => boolean): TraceEventFile[] {
    const chosen = (file: TraceEventFile) => wanted(file.call.system, file.call.name);
    const statics = this.#registry.statics.names
      .filter(({ system, name }) => wanted(system, name))
      .map(({ system, name }) => this.of(this.#registry.statics.get(system, name)!));
    return [
      ...[...this.#added.values()].reverse().filter(chosen),
      ...statics,
      ...[...this.#older.values()].filter(chosen),
    ];
  }

  /** The enabled files in that order. */
  enabledInOrder(): TraceEventFile[] {
    if (this.enabled.size === 0) return [];
    const names = new Set([...this.enabled].map((file) => `${file.call.system}/${file.call.name}`));
    return this.inOrder((system, name) => names.has(`${system}/${name}`)).filter((file) => this.enabled.has(file));
  }

  /** Says of every file, those that come later too, whether pid lists are in force. */
  setPidFilter(on: boolean): void {
    this.#pidFilter = on;
    for (const files of [this.#added, this.#older, this.#static]) {
      for (const file of files.values()) {
        if (on) file.flags |= EventFileFlag.PID_FILTER;
        else file.flags &= ~EventFileFlag.PID_FILTER;
      }
    }
  }
}
