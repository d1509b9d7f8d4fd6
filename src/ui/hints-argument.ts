import type { BtfMember } from '../btf/index.ts';
import type { Arch } from '../machine/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import { registerArgument } from './kprobe-translation.ts';
import { nearest } from './nearest.ts';
import { pathAtOffset, pointedStruct } from './offset-path.ts';

const VARIABLES = ['$retval', '$stack', '$comm', '$arg1', '$arg*'];

/** A parameter that users can name. */
interface Parameter {
  readonly name: string;
  readonly type: number;
}

/** Looks at the words that stand for arguments. */
export class ArgumentHints {
  readonly #profile: KernelProfile;
  readonly #arch: Arch;

  constructor(profile: KernelProfile, arch: Arch) {
    this.#profile = profile;
    this.#arch = arch;
  }

  /** Parameters of a function, or of a tracepoint: those of its stub but the first. `undefined` when the types know neither. */
  parameters(symbol: string, isTracepoint: boolean): readonly Parameter[] | undefined {
    const proto = this.#profile.btf.funcProto(isTracepoint ? `__probestub_${symbol}` : symbol);
    return proto?.params.slice(isTracepoint ? 1 : 0).filter(({ name }) => name !== '');
  }

  /** What the arguments are called, and which of them was meant. */
  argument(symbol: string, isTracepoint: boolean, wrong: string): string | undefined {
    const all = this.parameters(symbol, isTracepoint)?.map(({ name }) => name);
    if (all === undefined) return undefined;
    if (all.length === 0) return `${symbol} has no arguments`;
    const number = /\$arg(\d+)/.exec(wrong)?.[1];
    const has = `${symbol} has ${all.join(', ')}`;
    if (number !== undefined) return `${has}: $arg${all.length} is the last`;
    const [near] = nearest(wrong.replace(/^.*=|->.*$|[:.(].*$/g, ''), all, 1);
    return `${near === undefined ? '' : `did you mean ${near}? `}${has}`;
  }

  /** Why there are no names, and what to use. */
  noTypes(symbol: string, isTracepoint: boolean): string {
    const { hasTypes } = this.#profile;
    const instead = 'use $arg1, $arg2, ...';
    if (!hasTypes) return `this kernel has no types (BTF): ${instead}`;
    if (/[*?[]/.test(symbol)) return `a pattern has no argument names: ${instead}`;
    if (this.parameters(symbol, isTracepoint)?.length === 0) return `${symbol} has no arguments`;
    const base = symbol.replace(/\..*$/, '');
    if (base !== symbol && this.#profile.btf.funcProto(base) !== undefined)
      return `there are no types for ${symbol}, which the compiler made of ${base}: ${instead}`;
    return `there are no types for ${symbol}: ${instead}`;
  }

  /** Follows a path through the types up to the field that is not there. */
  field(symbol: string, isTracepoint: boolean, word: string): string | undefined {
    const { btf } = this.#profile;
    const path = /(\$retval|[A-Za-z_]\w*)((?:->|\.)[\w.>-]+)/.exec(word.replace(/^\w+=/, ''));
    if (path === null) return undefined;
    const root = path[1]!;
    let type =
      root === '$retval'
        ? btf.funcProto(symbol)?.returnType
        : this.parameters(symbol, isTracepoint)?.find(({ name }) => name === root)?.type;
    for (const [, arrow, field] of path[2]!.matchAll(/(->|\.)(\w*)/g)) {
      if (type === undefined) return undefined;
      let resolved = btf.skipModifiers(type);
      if (arrow === '->' && resolved?.type.kind === 'ptr') resolved = btf.skipModifiers(resolved.type.type);
      if (resolved?.type.kind === 'fwd') return `the types say nothing of what is inside ${resolved.type.name}`;
      if (resolved?.type.kind !== 'struct' && resolved?.type.kind !== 'union') return undefined;
      const found = btf.findMember(resolved.id, field!);
      if (found === undefined) {
        const owner = `${resolved.type.kind} ${resolved.type.name || '{...}'}`;
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

  /** What a register is called here. */
  register(symbol: string, word: string): string | undefined {
    const register = /%(\w+)/.exec(word.replace(/%return/, ''))?.[1];
    if (register === undefined) return undefined;
    const argument = registerArgument(this.#profile, this.#arch, symbol, register);
    const has = 'fprobe events have no registers';
    if (argument === undefined) {
      const returns = this.#arch.registers[this.#arch.retReg] === register.replace(/^[re]/, '');
      return `${has}: ${returns ? 'at the return it is $retval' : 'use $arg1, $arg2, ... or names of arguments'}`;
    }
    return `${has}: at entry ${register} holds $arg${argument.number}${argument.name ? `, ${argument.name}` : ''}`;
  }

  /** Which variable was meant. */
  variable(symbol: string, isTracepoint: boolean, word: string, name: string): string {
    const variable = /\$\w*/.exec(word)?.[0] ?? name;
    const bare = /^\$([A-Za-z_]\w*)/.exec(variable)?.[1];
    const names = this.parameters(symbol, isTracepoint)?.map((parameter) => parameter.name) ?? [];
    const [near] = nearest(variable, VARIABLES, 1);
    const [argument] = bare === undefined ? [] : nearest(bare, names, 1);
    if (argument !== undefined) return `did you mean ${argument}? names of arguments are written without $`;
    return near === undefined ? 'the variables are $argN $arg* $retval $stack $stackN $comm' : `did you mean ${near}?`;
  }

  /** The path that says the same as an offset from an argument: `+0x20($arg1)` is `file->f_inode`. */
  path(symbol: string, isTracepoint: boolean, word: string): string | undefined {
    const [, sign = '', digits = '', root = ''] =
      /([+-])(0x[0-9a-f]+|\d+)\((\$arg\d+|[A-Za-z_]\w*)\)/i.exec(word) ?? [];
    const parameters = this.parameters(symbol, isTracepoint);
    if (root === '' || sign !== '+' || parameters === undefined) return undefined;
    const number = /^\$arg(\d+)$/.exec(root)?.[1];
    const parameter =
      number === undefined ? parameters.find(({ name }) => name === root) : parameters[Number(number) - 1];
    const struct = parameter && pointedStruct(this.#profile.btf, parameter.type);
    const found = struct === undefined ? undefined : pathAtOffset(this.#profile.btf, struct, Number(digits));
    return found === undefined ? undefined : `${sign}${digits}(${root}) is ${parameter!.name}->${found.path}`;
  }
}
