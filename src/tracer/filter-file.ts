import { Errno } from '../abi/errno.ts';
import type { Ftrace, FunctionSet, OpsHash } from '../ftrace/index.ts';
import { filterParseRegex } from '../trace/regex.ts';
import { UserParser } from '../trace/user-parser.ts';
import type { ArrayFunctions } from './array-functions.ts';
import { EVENT_COMMANDS } from './event-commands.ts';
import { ARRAY_COMMANDS, type FunctionCommand } from './function-commands.ts';
import { functionText, matchFunctions } from './match-functions.ts';

/** Room for a word, terminator included: the longest symbol with offset, size, module and build id, and some wildcards. */
export const FTRACE_BUFF_MAX = 670;

const COMMANDS: ReadonlyMap<string, FunctionCommand> = new Map([...ARRAY_COMMANDS, ...EVENT_COMMANDS]);

/** Which functions a filter file is about, and what else it can do. */
export interface FilterTarget {
  readonly ftrace: Ftrace;
  readonly hash: OpsHash;
  /** The trace array's; `undefined` where the file belongs to none. */
  readonly functions?: ArrayFunctions;
}

/** How a filter file is opened. */
interface FilterHow {
  readonly read?: boolean | undefined;
  readonly write?: boolean | undefined;
  readonly truncate?: boolean | undefined;
}

/**
 * An open `set_ftrace_filter`, `set_ftrace_notrace` or `stack_trace_filter`. Commands run as they are written; the functions of a file that can be
 * written are a copy, which takes effect when it is closed (`kernel/trace/ftrace.c:ftrace_regex_open()`).
 */
export class FilterFile {
  readonly #target: FilterTarget;
  readonly #list: 'filter' | 'notrace';
  readonly #parser = new UserParser(FTRACE_BUFF_MAX);
  /** The copy; `undefined` when the file is only read. */
  readonly #copy: FunctionSet | undefined;

  constructor(target: FilterTarget, list: 'filter' | 'notrace', how: FilterHow) {
    this.#target = target;
    this.#list = list;
    if (!how.write) return;
    this.#copy = target.hash[list].clone();
    if (!how.truncate) return;
    this.#copy.clear();
    if (target.functions) target.functions.waiting[list].length = 0;
  }

  /**
   * What it lists, in parts that are read one at a time: functions, what waits for modules, commands.
   * @returns lines; none for a part that is empty
   */
  *sections(): Generator<string[]> {
    const { functions } = this.#target;
    const named = this.#functionLines();
    yield named;
    const waiting = functions?.waiting[this.#list] ?? [];
    yield waiting.map((each) => `${each.functions}:mod:${each.module}\n`);
    if (!functions || this.#list === 'notrace') return;
    // Behind what waits, the kernel's place in the list is too far by what stands before it.
    const missed = waiting.length > 0 ? named.length : 0;
    yield [...functions.probeLines()].slice(missed);
  }

  #functionLines(): string[] {
    const { ftrace, hash } = this.#target;
    const set = this.#copy ?? hash[this.#list];
    if (this.#list === 'notrace' && set.isEmpty) return ['#### no functions disabled ####\n'];
    if (this.#list === 'filter' && set.isEmpty && !hash.waits) return ['#### all functions enabled ####\n'];
    const lines: string[] = [];
    for (const fn of set) if (ftrace.records.live.has(fn)) lines.push(`${functionText(ftrace.machine, fn)}\n`);
    return lines;
  }

  /** Takes one word, or a part of it. Returns bytes taken, or a negative errno. */
  write(data: string): number {
    if (data === '') return 0;
    const parser = this.#parser;
    const taken = parser.take(data);
    if (taken < 0) return taken;
    if (parser.isComplete) {
      const { word } = parser;
      parser.clear();
      const ret = this.#process(word);
      if (ret < 0) return ret;
    }
    return taken;
  }

  /** The file's position has changed. */
  seek(position: number): void {
    this.#parser.seek(position);
  }

  /** Ends the last word and lets the functions take effect. */
  close(): void {
    if (this.#parser.word !== '') this.#process(this.#parser.word);
    if (!this.#copy) return;
    const { ftrace, hash, functions } = this.#target;
    if (this.#list === 'notrace') ftrace.replaceNotrace(hash, this.#copy);
    else ftrace.replaceFilter(hash, this.#copy, (functions?.waiting.filter.length ?? 0) > 0);
  }

  /** `ftrace_process_regex()` */
  #process(text: string): number {
    const [word = '', name, ...rest] = text.split(':');
    if (name === undefined) return this.#change(word) ? 0 : -Errno.EINVAL;
    const param = rest.length > 0 ? rest.join(':') : undefined;
    if (name === 'mod') return this.#changeModule(word, param);
    const { functions } = this.#target;
    return COMMANDS.get(name)?.({ functions, word, param, toFilter: this.#list === 'filter' }) ?? -Errno.EINVAL;
  }

  /** Puts functions in or takes them out. Returns whether there are any that the word means. */
  #change(word: string, module?: string): boolean {
    const copy = this.#copy;
    const { fns, not } = matchFunctions(this.#target.ftrace, word, module);
    for (const fn of fns) {
      if (not) copy?.delete(fn);
      else copy?.add(fn);
    }
    return fns.length > 0;
  }

  /** `FUNCTIONS:mod:MODULE`; what matches nothing may wait for its module (`ftrace_mod_callback()`, `cache_mod()`). */
  #changeModule(word: string, pattern: string | undefined): number {
    if (this.#change(word, pattern)) return 0;
    const module = pattern && withoutLastStar(pattern);
    const { functions, ftrace } = this.#target;
    if (!functions) return -Errno.ENODEV;
    const waiting = functions.waiting[this.#list];
    if (word.startsWith('!')) return module === undefined ? -Errno.EINVAL : forget(waiting, word.slice(1), module);
    if (module === undefined) return -Errno.ENOMEM;
    if (ftrace.machine.module(module)) return -Errno.EINVAL;
    waiting.unshift({ functions: word, module });
    return 0;
  }
}

/** What is left of a pattern once it has been taken apart in place. */
function withoutLastStar(pattern: string): string {
  const { type } = filterParseRegex(pattern);
  return type === 'front' || type === 'middle' ? pattern.slice(0, -1) : pattern;
}

/** Words that wait are forgotten, all of a module's for `*`. */
function forget(waiting: { functions: string; module: string }[], word: string, module: string): number {
  const kept = waiting.filter((each) => each.module !== module || (word !== '*' && each.functions !== word));
  if (kept.length === waiting.length) return -Errno.EINVAL;
  waiting.splice(0, waiting.length, ...kept);
  return 0;
}
