import { Errno } from '../abi/errno.ts';
import { splitWords } from '../probe/names.ts';

/** An event that was defined at run time (`struct dyn_event`). */
export interface DynamicEvent {
  /** Its line in `dynamic_events`, with the newline. */
  show(): string;
  /** Whether it is enabled. */
  isBusy(): boolean;
  /** Hits that its fprobe missed. */
  readonly nmissed?: number;
  /** `GROUP/EVENT`. */
  readonly path?: string;
  /** Takes it away; a negative errno when it cannot go. On success it is no longer in the list. */
  release(): number;
  /**
   * Whether a removal means it.
   * @param system its group, or `undefined` for any
   * @param event its name, or empty for any
   * @param args words behind the name, which the definition must start with
   */
  match(system: string | undefined, event: string, args: readonly string[]): boolean;
}

/** A kind of dynamic event (`struct dyn_event_operations`). */
export interface DynamicEventKind {
  /**
   * Defines an event.
   * @param words the command, split at white space, at least one word
   * @param command the command as written
   * @returns 0, −ECANCELED when the command is not of this kind, or another negative errno
   */
  create(words: readonly string[], command: string): number;
}

/** What is told when events went, so that their records go, too. */
interface BufferReset {
  resetBuffers(): void;
}

/** All dynamic events, oldest first: the content of `dynamic_events` and its commands (`kernel/trace/trace_dynevent.c`). */
export class DynamicEvents {
  readonly #buffers: BufferReset;
  readonly #kinds: DynamicEventKind[] = [];
  readonly #events = new Set<DynamicEvent>();

  constructor(buffers: BufferReset) {
    this.#buffers = buffers;
  }

  /** Adds a kind; kinds are asked in the order in which they were added. */
  addKind(kind: DynamicEventKind): void {
    this.#kinds.push(kind);
  }

  /** Puts an event at the end of the list. */
  add(event: DynamicEvent): void {
    this.#events.add(event);
  }

  /** Takes an event off the list. */
  remove(event: DynamicEvent): void {
    this.#events.delete(event);
  }

  /** Every event, oldest first. */
  [Symbol.iterator](): Iterator<DynamicEvent> {
    return this.#events.values();
  }

  /** Content of `dynamic_events`. */
  show(): string {
    let text = '';
    for (const event of this.#events) text += event.show();
    return text;
  }

  /** The events that missed hits, and how many. */
  missed(): { name: string; nmissed: number }[] {
    return [...this.#events].flatMap(({ path = '', nmissed = 0 }) => (nmissed > 0 ? [{ name: path, nmissed }] : []));
  }

  /**
   * Takes all events away, as a truncating open of `dynamic_events` does, or those of one kind.
   * @returns 0; −EBUSY with none gone when one of them is enabled; the errno of the first that cannot go
   */
  releaseAll(isMeant: (event: DynamicEvent) => boolean = () => true): number {
    const ret = this.#releaseAll([...this.#events].filter(isMeant));
    this.#buffers.resetBuffers();
    return ret;
  }

  #releaseAll(events: readonly DynamicEvent[]): number {
    for (const event of events) if (event.isBusy()) return -Errno.EBUSY;
    for (const event of events) {
      const ret = event.release();
      if (ret !== 0) return ret;
    }
    return 0;
  }

  /**
   * Runs one command: `-:[GROUP/]EVENT [ARG…]` or `!…:[GROUP/]EVENT [ARG…]` removes, anything else defines; a blank line does nothing.
   * @returns 0 or a negative errno
   */
  run(command: string): number {
    const words = splitWords(command);
    if (words.length === 0) return 0;
    if (command[0] === '-' || command[0] === '!') return this.#remove(words);
    for (const kind of this.#kinds) {
      const ret = kind.create(words, command);
      if (ret !== -Errno.ECANCELED) return ret;
    }
    return -Errno.EINVAL;
  }

  /** `kernel/trace/trace_dynevent.c:dyn_event_release()` */
  #remove(words: readonly string[]): number {
    const head = words[0]!;
    const colon = head[0] === '-' ? (head[1] === ':' ? 1 : -1) : head.indexOf(':');
    if (colon < 0) return -Errno.EINVAL;
    const name = head.slice(colon + 1);
    const slash = name.indexOf('/');
    const system = slash < 0 ? undefined : name.slice(0, slash);
    const event = name.slice(slash + 1);
    if (system === undefined && event === '') return -Errno.EINVAL;
    const ret = this.#removeMatching(system, event, words.slice(1));
    this.#buffers.resetBuffers();
    return ret;
  }

  #removeMatching(system: string | undefined, event: string, args: readonly string[]): number {
    let ret: number = -Errno.ENOENT;
    for (const candidate of [...this.#events]) {
      if (!candidate.match(system, event, args)) continue;
      ret = candidate.release();
      if (ret !== 0) break;
    }
    return ret;
  }
}
