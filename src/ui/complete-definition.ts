import type { KernelProfile } from '../profile/index.ts';
import { type ArgumentTarget, completeArgument } from './complete-argument.ts';
import { type Candidate, type Completion, nameCandidates, noCompletion } from './completion.ts';

const HEADS: readonly Candidate[] = [
  { text: 'f:', note: 'a function, at its entry or return: f[:[GROUP/][EVENT]] SYMBOL[%return] [ARGUMENTS]' },
  { text: 't:', note: 'a tracepoint: t[:[GROUP/][EVENT]] TRACEPOINT [ARGUMENTS]' },
];
const RETURN = '%return';
const NO_TARGET: ArgumentTarget = { params: [], returnType: undefined };

/** Knows how a definition of an fprobe event can go on, by the symbols and types of a kernel. */
export class DefinitionCompleter {
  readonly #profile: KernelProfile;

  constructor(profile: KernelProfile) {
    this.#profile = profile;
  }

  /**
   * What can come at the end of a definition.
   * @param text a line of `dynamic_events` up to the cursor
   * @param events events that can be removed, as `GROUP/EVENT`
   */
  complete(text: string, events: readonly string[] = []): Completion {
    const words = text.trimStart().split(/\s+/);
    const last = words.at(-1)!;
    const start = text.length - last.length;
    const head = words[0]!;
    if (/^[-!]/.test(head)) return words.length === 1 ? completeRemoval(text, start, events) : noCompletion(text);
    if (words.length === 1)
      return { from: start, candidates: HEADS.filter((candidate) => candidate.text.startsWith(last)) };
    const isTracepoint = head.startsWith('t');
    if (!/^[ft](:|$)/.test(head)) return noCompletion(text);
    if (words.length === 2)
      return { from: start, candidates: isTracepoint ? this.#tracepoints(last) : this.#functions(last) };
    const { from, candidates } = completeArgument(this.#profile.btf, last, this.#target(words[1]!, isTracepoint));
    return { from: start + from, candidates };
  }

  /** Functions that begin with what stands there; a whole name may go on with `%return`. Nothing of all of them. */
  #functions(symbol: string): Candidate[] {
    const percent = symbol.indexOf('%');
    if (percent >= 0) {
      return RETURN.startsWith(symbol.slice(percent)) ? [{ text: symbol.slice(0, percent) + RETURN }] : [];
    }
    if (!/^[\w.]+$/.test(symbol)) return [];
    const names = this.#profile.functions.namesWithPrefix(symbol);
    const found = nameCandidates(names, symbol, 'functions');
    return names[0] === symbol ? [...found, { text: symbol + RETURN }] : found;
  }

  #tracepoints(name: string): Candidate[] {
    if (!/^\w*$/.test(name)) return [];
    const prefix = '__probestub_';
    const stubs = this.#profile.functions.namesWithPrefix(prefix + name);
    return nameCandidates(
      stubs.map((stub) => stub.slice(prefix.length)),
      name,
      'tracepoints',
    );
  }

  #target(symbol: string, isTracepoint: boolean): ArgumentTarget {
    const { btf } = this.#profile;
    const proto = btf.funcProto(isTracepoint ? `__probestub_${symbol}` : symbol.replace(/%.*$/, ''));
    if (proto === undefined) return NO_TARGET;
    const named = proto.params.filter(({ name }) => name !== '');
    if (isTracepoint) return { params: named.slice(1), returnType: undefined };
    return { params: named, returnType: proto.returnType === 0 ? undefined : proto.returnType };
  }
}

/** `-:GROUP/EV`. */
function completeRemoval(text: string, start: number, events: readonly string[]): Completion {
  const colon = text.indexOf(':', start);
  if (colon < 0) return { from: start, candidates: [{ text: '-:', note: 'remove an event' }] };
  const piece = text.slice(colon + 1);
  const named = piece.includes('/') ? events : [...events, ...events.map((event) => event.split('/')[1]!)];
  const found = named.filter((event) => event.startsWith(piece));
  return { from: colon + 1, candidates: [...new Set(found)].map((event) => ({ text: event })) };
}
