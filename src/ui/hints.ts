import { errnoName } from '../abi/errno.ts';
import type { ProbeErrorCode } from '../abi/probe-errors.ts';
import type { CommandError } from '../dynevent/index.ts';
import type { Arch } from '../machine/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import { ERROR_GUIDE } from './error-guide.ts';
import { type Accepted, AcceptedHints } from './hints-accepted.ts';
import { ArgumentHints } from './hints-argument.ts';
import { SymbolHints } from './hints-symbol.ts';
import { translateKprobe } from './kprobe-translation.ts';
import { nearest } from './nearest.ts';

const TYPES =
  'u8 u16 u32 u64 s8 s16 s32 s64 x8 x16 x32 x64 char string ustring symbol symstr b<bits>@<offset>/<size> and <type>[<n>]';
const TYPE_NAMES = TYPES.split(' ').filter((name) => /^\w+$/.test(name) && name !== 'and');
/** Types as C calls them, and what they are called here. */
const C_TYPES: Readonly<Record<string, string>> = {
  int: 's32',
  uint: 'u32',
  unsigned: 'u32',
  long: 's64',
  ulong: 'u64',
  short: 's16',
  bool: 'u8',
  size_t: 'u64',
  ssize_t: 's64',
  pid_t: 's32',
  str: 'string',
  hex: 'x64',
  ptr: 'x64',
  sym: 'symbol',
};

/** Longest line that dynamic_events takes, in bytes without its newline. */
const MAX_LINE = 4094;

/** A refusal seen in its command: the word with the caret, and what stands there. */
interface Refusal {
  readonly words: readonly string[];
  readonly word: string;
  /** What stands from the caret to the end of the name there. */
  readonly name: string;
  readonly symbol: string;
  readonly isTracepoint: boolean;
}

/** An event that is there, as its removal names it. */
interface DefinedEvent {
  readonly group: string;
  readonly event: string;
}

/** Looks at definitions with the eyes of someone who knows the kernel's symbols and types. */
export class Hints {
  readonly #profile: KernelProfile;
  readonly #arch: Arch;
  readonly #symbols: SymbolHints;
  readonly #arguments: ArgumentHints;
  readonly #accepted: AcceptedHints;

  constructor(profile: KernelProfile, arch: Arch) {
    this.#profile = profile;
    this.#arch = arch;
    this.#symbols = new SymbolHints(profile);
    this.#arguments = new ArgumentHints(profile, arch);
    this.#accepted = new AcceptedHints(profile, this.#symbols, this.#arguments);
  }

  /** What would be right, or why the kernel refuses, in a sentence; `undefined` when nothing more is known than what the kernel says. */
  for(error: CommandError): string | undefined {
    const words = error.command.split(' ');
    if (/^[pr]\d*(?::|$)/.test(words[0]!)) return this.#kprobe(error.command);
    let start = 0;
    let word = words[0]!;
    for (const candidate of words) {
      word = candidate;
      if (error.position <= start + candidate.length) break;
      start += candidate.length + 1;
    }
    const name = /^[\w.]*/.exec(error.command.slice(error.position))![0];
    const symbol = (words[1] ?? '').replace(/%.*$/, '');
    const code = error.code as ProbeErrorCode;
    const specific = this.#byCode[code]?.({ words, word, name, symbol, isTracepoint: words[0]![0] === 't' });
    return specific ?? (this.#byCode[code] === undefined ? guided(code) : undefined);
  }

  /** What may not be meant in a definition that was accepted, a sentence each. */
  accepted(accepted: Accepted): string[] {
    return this.#accepted.of(accepted);
  }

  /**
   * What can be said of a refusal that the kernel does not explain.
   * @param text the command as written
   * @param ret the negative errno
   * @param defined events that are there
   */
  silent(text: string, ret: number, defined: readonly DefinedEvent[] = []): string {
    const removes = /^\s*[-!]/.test(text);
    const silent = 'the kernel logs no reason';
    if (text.length > MAX_LINE) return `a line may have ${MAX_LINE} bytes`;
    if (text.includes('\0')) return 'a NUL byte ends what the kernel reads';
    if (/^\s*[ft](?:\s|$|:\S*\s*$)/.test(text) && text.trim().split(/\s+/).length < 2)
      return 'give a function to probe: f[:[GROUP/][EVENT]] SYMBOL[%return] [ARGUMENTS]';
    if (/^\s*[pr]\d*(?::|\s)/.test(text)) return this.#kprobe(text) ?? KINDS;
    if (/^\s*(?:e(?::|\s)|s\s)/.test(text)) return KINDS;
    if (!removes && !/^\s*[ft]/.test(text)) return this.#noCommand(text);
    switch (errnoName(ret)) {
      case 'ENOENT':
        return removes ? this.#absent(text, defined) : silent;
      case 'EBUSY':
        return busy(text, defined);
      case 'EINVAL':
        if (removes) return 'removing takes -:EVENT or -:GROUP/EVENT';
        if (/^\s*t/.test(text))
          return 'another event is on this tracepoint already; the kernel takes one (and logs no reason)';
        return silent;
      case 'ENOMEM':
        return 'arguments with :%pd and :%pD take more than 256 bytes when they are written out: use fewer';
      default:
        return silent;
    }
  }

  readonly #byCode: Partial<Record<ProbeErrorCode, (refusal: Refusal) => string | undefined>> = {
    BAD_PROBE_ADDR: ({ symbol }) => this.#symbols.refused(symbol),
    BAD_MAXACT: ({ words, symbol }) =>
      /^.\d+/.test(words[0]!)
        ? 'fprobe events take no number after f since v6.14: returns are kept on a shadow stack of each task, there is no pool to size'
        : `a colon stands between ${words[0]![0]} and the name: ${words[0]![0]}:${words[0]!.slice(1)} ${symbol}`,
    BAD_ADDR_SUFFIX: () => 'the only suffix is %return',
    BAD_TP_NAME: ({ words }) => {
      const bare = words[1]!.replace(/^.*[/:]/, '');
      return bare !== words[1] ? `give the tracepoint alone, without its system: ${bare}` : undefined;
    },
    NO_BTFARG: ({ symbol, name, word, isTracepoint }) =>
      this.#symbols.onlyRegs(symbol) ??
      this.#arguments.argument(symbol, isTracepoint, word.includes('$arg') ? word : name || word),
    NO_BTF_ENTRY: ({ symbol, isTracepoint }) => this.#arguments.noTypes(symbol, isTracepoint),
    NOSUP_BTFARG: ({ symbol, isTracepoint }) => this.#arguments.noTypes(symbol, isTracepoint),
    NO_BTF_FIELD: ({ symbol, word, isTracepoint }) => this.#arguments.field(symbol, isTracepoint, word),
    NO_RETVAL: ({ symbol }) => `${symbol} returns nothing: there is no $retval to fetch`,
    BAD_VAR: ({ symbol, word, name, isTracepoint }) =>
      this.#arguments.register(symbol, word) ?? this.#arguments.variable(symbol, isTracepoint, word, name),
    BAD_TYPE: ({ name }) => badType(name),
    BAD_TYPE4STR: () => 'string needs a char pointer or a char array; for others fetch the address: +0(arg):string',
    BAD_STRING: () => 'string and arrays read memory: fetch what the pointer points to, as +0(arg):string',
    EVENT_EXIST: () => 'choose another name, or another group: f:GROUP/EVENT',
    SAME_PROBE: ({ words }) => `it is defined already; '${removal(words)}' takes it away`,
    DIFF_PROBE_TYPE: ({ words }) =>
      `probes of one event are all at entry or all at return; give it a name of its own, or first '${removal(words)}'`,
    DIFF_ARG_TYPE: () => 'probes of one event have the same arguments in the same order, by name and type',
    RETVAL_ON_PROBE: () => 'a tracepoint returns nothing',
    NOSUP_DAT_ARG: () => 'the argument is a pointer: use -> for its fields',
    BAD_HYPHEN: () => 'fields of what a pointer points to are taken with ->',
    DEREF_NEED_BRACE: () => 'write an offset with what it is added to: +8(arg)',
    BAD_EVENT_NAME: ({ words }) =>
      `names are C identifiers: ${words[0]!.replace(/[^\w/:]/g, '_').replace(/([:/])(\d)/g, '$1_$2')}`,
    BAD_ARG_NAME: ({ word }) => {
      const equals = word.indexOf('=');
      return equals < 0
        ? undefined
        : `names are C identifiers: ${word
            .slice(0, equals)
            .replace(/\W/g, '_')
            .replace(/^(?=\d)/, '_')}${word.slice(equals)}`;
    },
    BAD_DEREF_OFFS: ({ word }) => {
      const [, field, root] = /[+-]u?([A-Za-z_][\w.]*)\(([A-Za-z_]\w*)\)/.exec(word) ?? [];
      return field === undefined
        ? guided('BAD_DEREF_OFFS')
        : `an offset is a number; a field is taken by its name: ${root}->${field}`;
    },
  };

  /** A kprobe definition as one that is simulated. */
  #kprobe(command: string): string | undefined {
    const same = translateKprobe(command, this.#profile, this.#arch);
    return same === undefined ? undefined : `kprobes are not simulated; the same for fprobe is '${same}'`;
  }

  #noCommand(text: string): string {
    const [first = '', second] = text.trim().split(/\s+/);
    const { functions } = this.#profile;
    if (second === undefined && functions.idsBySymbol(first.replace(/%return$/, '')).length > 0)
      return `a definition begins with f: f ${first}`;
    return 'a definition begins with f (function entry or return), t (tracepoint) or s: (synthetic)';
  }

  /** A removal of what is not there. */
  #absent(text: string, defined: readonly DefinedEvent[]): string {
    const none = 'no event of that name (and with those arguments) is defined';
    const wanted = /:(\S+)/.exec(text)?.[1] ?? '';
    const names = defined.flatMap(({ group, event }) => [`${group}/${event}`, event]);
    if (names.includes(wanted)) return `${none}: the name is there, but with another function or other arguments`;
    const [near] = nearest(wanted, names, 1);
    return near === undefined ? none : `${none}; did you mean -:${near}?`;
  }
}

const KINDS =
  'of the dynamic events only f (function entry or return), t (tracepoint) and s: (synthetic) are simulated';

/** What is generally to be done about a reason. */
const guided = (code: ProbeErrorCode): string | undefined => ERROR_GUIDE[code]?.instead.replace(/\.$/, '');

function badType(name: string): string {
  const same = C_TYPES[name];
  const [near] = same === undefined ? nearest(name, TYPE_NAMES, 1) : [same];
  return `${near && near !== name ? `did you mean ${near}? ` : ''}the types are ${TYPES}`;
}

/** How an event that is in use is set free. */
function busy(text: string, defined: readonly DefinedEvent[]): string {
  const wanted = /:(\S+)/.exec(text)?.[1];
  const event = defined.find(({ group, event: name }) => wanted === name || wanted === `${group}/${name}`);
  const path = event === undefined ? 'GROUP/EVENT' : `${event.group}/${event.event}`;
  return `it is enabled, or a trigger, an instance or perf holds it: echo 0 > events/${path}/enable, then '-:${path}'`;
}

/** The command that takes a definition's event away. */
function removal(words: readonly string[]): string {
  const event = words[0]!.replace(/^\w*:?/, '');
  if (event !== '' && !event.endsWith('/')) return `-:${event}`;
  const [symbol, suffix] = (words[1] ?? '').split('%');
  return `-:${event}${symbol}${words[0]![0] === 't' ? '' : suffix === 'return' ? '__exit' : '__entry'}`;
}
