import type { ProbeErrorCode } from '../abi/probe-errors.ts';
import type { BtfMember } from '../btf/index.ts';
import type { CommandError } from '../dynevent/index.ts';
import type { Arch } from '../machine/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import { nearest } from './nearest.ts';

const TYPES =
  'u8 u16 u32 u64 s8 s16 s32 s64 x8 x16 x32 x64 char string ustring symbol symstr b<bits>@<offset>/<size> and <type>[<n>]';
const TYPE_NAMES = TYPES.split(' ').filter((name) => /^\w+$/.test(name) && name !== 'and');

/** A refusal seen in its command: the word with the caret, and what stands there. */
interface Refusal {
  readonly words: readonly string[];
  readonly word: string;
  /** What stands from the caret to the end of the name there. */
  readonly name: string;
  readonly symbol: string;
}

/** Looks at refusals with the eyes of someone who knows the kernel's symbols and types. */
export class Hints {
  readonly #profile: KernelProfile;
  readonly #arch: Arch;
  readonly #symbolHints = new Map<string, string | undefined>();

  constructor(profile: KernelProfile, arch: Arch) {
    this.#profile = profile;
    this.#arch = arch;
  }

  /** What would be right, or why the kernel refuses, in a sentence; `undefined` when nothing more is known than what the kernel says. */
  for(error: CommandError): string | undefined {
    const words = error.command.split(' ');
    let start = 0;
    let word = words[0]!;
    for (const candidate of words) {
      word = candidate;
      if (error.position <= start + candidate.length) break;
      start += candidate.length + 1;
    }
    const name = /^[\w.]*/.exec(error.command.slice(error.position))![0];
    const symbol = (words[1] ?? '').replace(/%.*$/, '');
    return this.#byCode[error.code as ProbeErrorCode]?.({ words, word, name, symbol });
  }

  readonly #byCode: Partial<Record<ProbeErrorCode, (refusal: Refusal) => string | undefined>> = {
    BAD_PROBE_ADDR: ({ symbol }) => this.#symbol(symbol),
    BAD_MAXACT: () =>
      'fprobe events take no number after f since v6.14: returns are kept on a shadow stack of each task, there is no pool to size',
    BAD_ADDR_SUFFIX: () => 'the only suffix is %return',
    BAD_TP_NAME: ({ word }) =>
      word.includes('/') || word.includes(':') ? 'give the tracepoint alone, without its system' : undefined,
    NO_BTFARG: ({ symbol, name, word }) => this.#argument(symbol, name || word),
    NO_BTF_ENTRY: ({ symbol }) =>
      /[*?[]/.test(symbol)
        ? 'a pattern has no argument names: use $arg1, $arg2, …'
        : `there are no types for ${symbol}: use $arg1, $arg2, …`,
    NO_BTF_FIELD: ({ symbol, word }) => this.#field(symbol, word),
    NO_RETVAL: ({ symbol }) => `${symbol} returns nothing: there is no $retval to fetch`,
    BAD_VAR: ({ symbol, word, name }) => this.#register(symbol, word) ?? this.#variable(word, name),
    BAD_TYPE: ({ name }) => {
      const [near] = nearest(name, TYPE_NAMES, 1);
      return `${near && near !== name ? `did you mean ${near}? ` : ''}the types are ${TYPES}`;
    },
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
  };

  #symbol(symbol: string): string | undefined {
    if (!this.#symbolHints.has(symbol)) this.#symbolHints.set(symbol, this.#lookAtSymbol(symbol));
    return this.#symbolHints.get(symbol);
  }

  #lookAtSymbol(symbol: string): string | undefined {
    const { symbols, functions, btf } = this.#profile;
    if (/^0x|^\d/.test(symbol)) return 'fprobe events take the name of a function, not its address';
    if (/[*?[]/.test(symbol)) return 'no traceable function has such a name';
    const [, base, offset] = /^([^+-]+)([+-].*)$/.exec(symbol) ?? [];
    if (base !== undefined && symbols.has(base)) return `a function is probed at its entry: leave out ${offset}`;
    const traceable = (name: string) => functions.idsBySymbol(name).length > 0;
    const variants: string[] = [];
    for (const { name } of symbols.match(`${symbol.replace(/[\\*?[\]]/g, '')}.*`)) variants.push(name);
    const probeable = variants.filter(traceable);
    if (symbols.has(symbol)) {
      if (probeable.length > 0) return `${symbol} itself cannot be traced; ${probeable.join(' ')} can`;
      return `${symbol} is in the kernel, but ftrace has no entry site for it: it is data, assembly, or marked notrace`;
    }
    if (probeable.length > 0) return `the compiler made ${probeable.join(' ')} of it`;
    const isFunction = btf.findByName(symbol, 'func') !== undefined;
    if (isFunction) return `${symbol} has a type, but no symbol: it was inlined into its callers`;
    for (const prefix of ['__x64_', '__', 'do_', 'ksys_', 'vfs_']) {
      if (traceable(prefix + symbol)) return `did you mean ${prefix}${symbol}?`;
    }
    const longer = symbol.length < 4 ? [] : [...functions.match(`${symbol}*`)].map((id) => functions.name(id));
    if (longer.length > 0) {
      const shortest = [...new Set(longer)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
      return `did you mean ${shortest.slice(0, 3).join(' or ')}?`;
    }
    const near = nearest(symbol, names(functions), 3);
    return near.length > 0 ? `did you mean ${near.join(' or ')}?` : undefined;
  }

  /** Names of a function's arguments; those of a tracepoint come from its stub, whose first argument is not for users. */
  #argumentNames(symbol: string, words: string = 'f'): readonly string[] | undefined {
    const proto = this.#profile.btf.funcProto(words[0] === 't' ? `__probestub_${symbol}` : symbol);
    return proto?.params.slice(words[0] === 't' ? 1 : 0).map(({ name }) => name);
  }

  #argument(symbol: string, wrong: string): string | undefined {
    const all = this.#argumentNames(symbol);
    if (all === undefined) return undefined;
    if (all.length === 0) return `${symbol} has no arguments`;
    const [near] = nearest(wrong.replace(/^.*=|->.*$/g, ''), all, 1);
    return `${near === undefined ? '' : `did you mean ${near}? `}${symbol} has ${all.join(', ')}`;
  }

  /** Follows a path through the types up to the field that is not there. */
  #field(symbol: string, word: string): string | undefined {
    const { btf } = this.#profile;
    const path = /(\$retval|[A-Za-z_]\w*)((?:->|\.)[\w.>-]+)/.exec(word.replace(/^\w+=/, ''));
    const proto = btf.funcProto(symbol);
    if (path === null || proto === undefined) return undefined;
    let type = path[1] === '$retval' ? proto.returnType : proto.params.find(({ name }) => name === path[1])?.type;
    for (const [, arrow, field] of path[2]!.matchAll(/(->|\.)(\w*)/g)) {
      if (type === undefined) return undefined;
      let resolved = btf.skipModifiers(type);
      if (arrow === '->' && resolved?.type.kind === 'ptr') resolved = btf.skipModifiers(resolved.type.type);
      if (resolved?.type.kind !== 'struct' && resolved?.type.kind !== 'union') return undefined;
      const found = btf.findMember(resolved.id, field!);
      if (found === undefined) {
        const owner = `${resolved.type.kind} ${resolved.type.name}`;
        const near = nearest(field!, this.#memberNames(resolved.type.members), 3);
        return near.length > 0 ? `${owner} has ${near.join(', ')}` : `${owner} has no field ${field}`;
      }
      type = found.member.type;
    }
    return undefined;
  }

  #memberNames(members: readonly BtfMember[], depth = 0): string[] {
    return members.flatMap(({ name, type }) => {
      if (name !== '') return [name];
      const inner = this.#profile.btf.skipModifiers(type)?.type;
      return depth < 8 && (inner?.kind === 'struct' || inner?.kind === 'union')
        ? this.#memberNames(inner.members, depth + 1)
        : [];
    });
  }

  #register(symbol: string, word: string): string | undefined {
    const register = /%(\w+)/.exec(word.replace(/%return/, ''))?.[1];
    if (register === undefined) return undefined;
    const wide = register.length === 2 ? `r${register}` : register;
    const argument = this.#arch.argRegs.findIndex((index) => [register, wide].includes(this.#arch.registers[index]!));
    if (argument < 0) return 'fprobe events have no registers: use $arg1, $arg2, … or names of arguments';
    const name = this.#argumentNames(symbol)?.[argument];
    return `fprobe events have no registers: at entry ${register} holds $arg${argument + 1}${name ? `, ${name}` : ''}`;
  }

  #variable(word: string, name: string): string | undefined {
    const variable = /\$\w*/.exec(word)?.[0] ?? name;
    const [near] = nearest(variable, ['$retval', '$stack', '$comm', '$arg1', '$arg*'], 1);
    return near === undefined ? 'the variables are $argN $arg* $retval $stack $stackN $comm' : `did you mean ${near}?`;
  }
}

function* names(functions: KernelProfile['functions']): Generator<string> {
  for (let id = 0; id < functions.count; id++) yield functions.name(id);
}

/** The command that takes a definition's event away. */
function removal(words: readonly string[]): string {
  const event = words[0]!.replace(/^\w*:?/, '');
  if (event !== '' && !event.endsWith('/')) return `-:${event}`;
  const [symbol, suffix] = (words[1] ?? '').split('%');
  return `-:${event}${symbol}${words[0]![0] === 't' ? '' : suffix === 'return' ? '__exit' : '__entry'}`;
}
