import type { Ftrace } from '../ftrace/index.ts';
import type { Machine } from '../machine/index.ts';
import { globMatch } from '../trace/glob.ts';
import { kstrtoull } from '../trace/kstrtox.ts';
import { filterParseRegex, latin1Bytes } from '../trace/regex.ts';

/** Longest name that is matched, bytes. */
const MAX_NAME = 1024;

/** Whether a name matches. */
type NameMatcher = (name: string) => boolean;

/** A pattern of a filter file. */
interface NamePattern {
  readonly match: NameMatcher;
  /** Whether a `!` stood in front. */
  readonly not: boolean;
  /** What is looked for, without `!` and outer stars. */
  readonly search: string;
  /** The one name that matches, when there is only one. */
  readonly exact: string | undefined;
  /** Whether it is a record's number. */
  readonly isIndex: boolean;
}

function globMatcher(search: string): NameMatcher {
  const pattern = latin1Bytes(search);
  const bytes = new Uint8Array(MAX_NAME);
  return (name) => {
    const length = Math.min(name.length, MAX_NAME);
    for (let i = 0; i < length; i++) bytes[i] = name.charCodeAt(i);
    return globMatch(pattern, bytes, 0, length);
  };
}

/** Takes a pattern apart: whole, `abc*`, `*abc*`, `*abc`, a glob, or a number, which no name matches (`kernel/trace/ftrace.c:ftrace_match()`). */
export function namePattern(text: string): NamePattern {
  const { type, search, not } = filterParseRegex(text);
  const matchers: Record<typeof type, () => NameMatcher> = {
    full: () => (name) => name === search,
    front: () => (name) => name.startsWith(search),
    middle: () => (name) => name.includes(search),
    end: () => (name) => name.endsWith(search),
    glob: () => globMatcher(search),
    index: () => () => false,
  };
  const exact = type === 'full' ? search : undefined;
  return { match: matchers[type](), not, search, exact, isIndex: type === 'index' };
}

/** Names of a kernel's functions by id: patterns look at all of them again and again. */
const namesOf = new WeakMap<Machine, string[]>();

function functionName(machine: Machine, fn: number): string {
  let names = namesOf.get(machine);
  if (!names) {
    names = [];
    namesOf.set(machine, names);
  }
  // Ids are never used again.
  names[fn] ??= machine.functions.name(fn);
  return names[fn];
}

/** A function as files list it, with the module that it is in (`%ps`). */
export function functionText({ functions }: Machine, fn: number): string {
  const module = functions.moduleName(fn);
  return module ? `${functions.name(fn)} [${module}]` : functions.name(fn);
}

/** What a word of a filter file means. */
interface FunctionMatch {
  /** Functions in record order. */
  readonly fns: readonly number[];
  /** Whether they are to be taken out. */
  readonly not: boolean;
}

/** The n-th traceable function, from 1. */
function byNumber({ records }: Ftrace, digits: string): number[] {
  const parsed = kstrtoull(digits, 0);
  if (parsed.errno !== undefined || parsed.value > BigInt(records.live.count)) return [];
  let left = Number(parsed.value);
  for (const fn of records.live) if (--left === 0) return [fn];
  return [];
}

/**
 * The traceable functions that a word means.
 * @param module a pattern of modules that they must be in; empty for any, undefined for all functions of the kernel too
 */
export function matchFunctions(ftrace: Ftrace, word: string, module?: string): FunctionMatch {
  const pattern = namePattern(word);
  const { not, search, match, exact } = pattern;
  if (pattern.isIndex) return { fns: byNumber(ftrace, search), not };
  const { machine, records } = ftrace;
  if (module === undefined && exact !== undefined)
    return { fns: machine.functions.idsByName(exact).filter((fn) => records.live.has(fn)), not };
  const inModule = module === undefined ? () => true : moduleMatcher(module);
  const all = module !== undefined && search === '';
  const fns: number[] = [];
  for (const fn of records.live)
    if (inModule(machine.functions.moduleName(fn)) && (all || match(functionName(machine, fn)))) fns.push(fn);
  return { fns, not };
}

/** Whether a function's module is one of those that are meant; `!` turns that round. */
function moduleMatcher(pattern: string): (module: string | undefined) => boolean {
  const { match, not, search } = namePattern(pattern);
  if (search === '') return (module) => (module !== undefined) !== not;
  return (module) => (module !== undefined && match(module)) !== not;
}
