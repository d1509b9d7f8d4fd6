import { Errno } from '../abi/errno.ts';
import { isSpace } from '../trace/ctype.ts';
import type { Tracing } from '../trace/tracing.ts';
import { SYNTH_SYSTEM, SynthEvent } from './synth-event.ts';
import { isGoodName, parseSynthField, type SynthField } from './synth-field.ts';
import { type SynthErrorSink, SynthLog } from './synth-log.ts';

/** Most fields of an event, `kernel/trace/trace_synth.h:SYNTH_FIELDS_MAX`. */
const FIELDS_MAX = 64;

/** A synthetic event in the list of dynamic events. */
class ListedEvent {
  readonly event: SynthEvent;
  readonly #owner: SynthEvents;

  constructor(event: SynthEvent, owner: SynthEvents) {
    this.event = event;
    this.#owner = owner;
  }

  show(): string {
    return `s:${SYNTH_SYSTEM}/${this.event.declarationText()}`;
  }

  isBusy(): boolean {
    return this.event.refs !== 0;
  }

  release(): number {
    return this.#owner.release(this);
  }

  match(system: string | undefined, name: string): boolean {
    return this.event.name === name && (system === undefined || system === SYNTH_SYSTEM);
  }
}

/** The list of dynamic events. */
interface DynamicEventList {
  add(event: ListedEvent): void;
  remove(event: ListedEvent): void;
  /** Takes those away that are meant: none when one of them is busy. Returns 0 or a negative errno. */
  releaseAll(isMeant: (event: object) => boolean): number;
}

function skipSpaces(text: string): string {
  let at = 0;
  while (isSpace(text.charCodeAt(at))) at++;
  return text.slice(at);
}

/** The words of a text. */
const wordsOf = (text: string) => text.split(/[ \t\n\v\f\r\xa0]+/).filter((word) => word !== '');

/** Index of the first blank, −1 without one. */
const blankIn = (text: string) => text.search(/[ \t]/);

/** The synthetic events of a kernel: `synthetic_events`, and `s:` in `dynamic_events` (`kernel/trace/trace_events_synth.c`). */
export class SynthEvents {
  readonly #tracing: Tracing;
  readonly #events = new Map<string, ListedEvent>();
  #list: DynamicEventList | undefined;
  #sink: SynthErrorSink = () => {};

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** From now on they are among all dynamic events. */
  join(list: DynamicEventList, sink: SynthErrorSink): void {
    this.#list = list;
    this.#sink = sink;
  }

  /** The event of a name (`find_synth_event()`). */
  find(name: string): SynthEvent | undefined {
    return this.#events.get(name)?.event;
  }

  /** Content of `synthetic_events`. */
  show(): string {
    return [...this.#events.values()].map(({ event }) => event.declarationText()).join('');
  }

  /** A truncating open of `synthetic_events`. Returns 0, or −EBUSY while one of them is in use. */
  releaseAll(): number {
    return this.#list?.releaseAll((event) => event instanceof ListedEvent) ?? 0;
  }

  /** Runs a command of `synthetic_events`: `NAME FIELD[;FIELD…]` defines, `!NAME` removes. Returns 0 or a negative errno. */
  run(line: string): number {
    const command = skipSpaces(line);
    if (command === '') return 0;
    if (command.startsWith('!')) return this.#delete(command.slice(1));
    const log = this.#log(command);
    const end = blankIn(command);
    if (!hasField(command) || end < 0) return log.refuse('INVALID_CMD');
    return this.#create(command.slice(0, end), command.slice(end), log);
  }

  /** Runs a command of `dynamic_events`: `s:[synthetic/]NAME FIELD[;FIELD…]`. Returns −ECANCELED for any other, else 0 or a negative errno. */
  create(_words: readonly string[], line: string): number {
    const command = skipSpaces(line);
    if (!command.startsWith('s:')) return -Errno.ECANCELED;
    const log = this.#log(command);
    const end = blankIn(command);
    if (end < 0) return log.refuse('INVALID_CMD');
    const prefix = `${SYNTH_SYSTEM}/`;
    let rest = command.slice(2);
    if (rest.includes('/')) {
      if (!rest.startsWith(prefix)) return log.refuse('INVALID_DYN_CMD');
      rest = rest.slice(prefix.length);
    }
    if (!hasField(rest)) return log.refuse('INVALID_CMD');
    const name = rest.slice(0, end - (command.length - rest.length));
    return this.#create(name, command.slice(end), log);
  }

  #log(command: string): SynthLog {
    return new SynthLog(this.#sink, command);
  }

  #delete(rest: string): number {
    const end = blankIn(rest);
    const listed = this.#events.get(end < 0 ? rest : rest.slice(0, end));
    return listed ? this.release(listed) : -Errno.ENOENT;
  }

  #create(name: string, fieldsText: string, log: SynthLog): number {
    if (name === '') return log.refuse('INVALID_CMD');
    if (!isGoodName(name)) return log.refuse('BAD_NAME', name);
    if (this.#events.has(name)) return log.refuse('EVENT_EXISTS', name, Errno.EEXIST);
    const fields = parseFields(fieldsText, log);
    if (typeof fields === 'number') return fields;
    if (fields.length === 0) return log.refuse('INVALID_CMD');
    // Linux has two events of one name then, of which the files show the first.
    if (this.#tracing.events.find(SYNTH_SYSTEM, name)) return log.refuse('EVENT_EXISTS', name, Errno.EEXIST);
    const event = new SynthEvent(name, fields, this.#tracing);
    const ret = this.#tracing.events.add(event);
    if (ret < 0) return ret;
    const listed = new ListedEvent(event, this);
    this.#events.set(name, listed);
    this.#list?.add(listed);
    return 0;
  }

  /** Takes an event away. Returns 0, or −EBUSY while somebody uses it or it is on. */
  release(listed: ListedEvent): number {
    const { event } = listed;
    if (event.refs !== 0 || event.refcnt !== 0) return -Errno.EBUSY;
    const ret = this.#tracing.events.remove(event);
    if (ret < 0) return ret;
    this.#events.delete(event.name);
    this.#list?.remove(listed);
    return 0;
  }
}

/** Whether a command has a name, a type and a field's name before its first semicolon (`check_command()`). */
function hasField(command: string): boolean {
  return wordsOf(command.split(';', 1)[0]!).length >= 3;
}

function parseFields(text: string, log: SynthLog): SynthField[] | number {
  const fields: SynthField[] = [];
  for (const part of text.split(';')) {
    const words = wordsOf(part);
    while (words.length > 0) {
      const field = parseSynthField(words, log);
      if (typeof field === 'number') return field;
      if (fields.length === FIELDS_MAX) return log.refuse('TOO_MANY_FIELDS');
      fields.push(field);
    }
  }
  return fields;
}
