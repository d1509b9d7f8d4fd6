import type { Ftrace } from '../ftrace/ftrace.ts';
import type { EntryHook } from '../machine/call-path.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { StackTrace } from '../machine/stack-trace.ts';
import type { FprobeCore } from './fprobe-core.ts';

/** Moments of a call: before its first entry handler, while the function runs, before its first exit handler. */
export type WatchPhase = 'entry' | 'body' | 'return';

/** Which calls are looked at. */
export interface WatchTarget {
  /** Function id; undefined for every probed function. */
  readonly fn: number | undefined;
  readonly phase: WatchPhase;
}

/**
 * Looks on while calls are made: tells each time that a call comes to a moment. It stands between the machine and ftrace, and in front of the handlers of the fprobes
 * that are registered when it starts; the shadow stacks are what they are without it.
 */
export class StackWatch implements EntryHook {
  readonly #ftrace: Ftrace;
  readonly #target: WatchTarget;
  readonly #seen: (cpu: Cpu, fn: number) => void;
  /** A call has begun its phase, and no handler of it has run yet. */
  #armed = false;

  /** `seen` is told the cpu and the function, while everything stands still. */
  constructor(ftrace: Ftrace, fprobes: FprobeCore, target: WatchTarget, seen: (cpu: Cpu, fn: number) => void) {
    this.#ftrace = ftrace;
    this.#target = target;
    this.#seen = seen;
    if (target.phase !== 'body') this.#standBeforeHandlers(fprobes);
    ftrace.machine.setEntryHook(this);
  }

  get sites(): Uint8Array {
    return this.#ftrace.sites;
  }

  enter(cpu: Cpu, fn: number): boolean {
    const watched = this.#target.fn === undefined || this.#target.fn === fn;
    this.#armed = watched && this.#target.phase === 'entry';
    const hooked = this.#ftrace.enter(cpu, fn);
    if (watched && this.#target.phase === 'body') this.#seen(cpu, fn);
    return hooked;
  }

  leave(cpu: Cpu): void {
    this.#armed = this.#target.phase === 'return';
    this.#ftrace.leave(cpu);
  }

  pushSite(fn: number, trace: StackTrace): void {
    this.#ftrace.pushSite(fn, trace);
  }

  #standBeforeHandlers(fprobes: FprobeCore): void {
    for (const fp of fprobes.registeredFprobes()) {
      const { entryHandler, exitHandler } = fp;
      if (this.#target.phase === 'entry') {
        fp.entryHandler = (...args) => {
          this.#look(args[4].cpu, args[1]);
          return entryHandler?.(...args) ?? 0;
        };
      } else if (exitHandler) {
        fp.exitHandler = (...args) => {
          this.#look(args[4].cpu, args[1]);
          exitHandler(...args);
        };
      }
    }
  }

  #look(cpu: Cpu, fn: number): void {
    if (!this.#armed || (this.#target.fn !== undefined && this.#target.fn !== fn)) return;
    this.#armed = false;
    this.#seen(cpu, fn);
  }
}
