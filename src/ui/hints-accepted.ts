import { MAX_EVENT_NAME_LEN } from '../abi/limits.ts';
import type { ProbeDefinition } from '../dynevent/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import { walkPath } from './explain-path.ts';
import type { ArgumentHints } from './hints-argument.ts';
import type { SymbolHints } from './hints-symbol.ts';
import { isUserPointer } from './user-pointers.ts';

/** What of a definition was written, beside what the kernel made of it. */
export interface Accepted {
  readonly definition: ProbeDefinition;
  /** Words of the command. */
  readonly words: readonly string[];
}

type ProbeArg = ProbeDefinition['args'][number];

/** Says of definitions that the kernel accepts what may not be meant. */
export class AcceptedHints {
  readonly #profile: KernelProfile;
  readonly #symbols: SymbolHints;
  readonly #arguments: ArgumentHints;

  constructor(profile: KernelProfile, symbols: SymbolHints, args: ArgumentHints) {
    this.#profile = profile;
    this.#symbols = symbols;
    this.#arguments = args;
  }

  /** A sentence each. */
  of({ definition, words }: Accepted): string[] {
    const { symbol, isTracepoint, isReturn, args } = definition;
    const usesArguments = args.some(({ steps }) => ['argument', 'entry-data'].includes(steps[0]!.op));
    const found: (string | undefined)[] = [];
    if (isTracepoint) found.push(this.#symbols.absentTracepoint(symbol));
    else {
      const showsRegs = args.some(({ steps }) => steps[0]!.op === 'argument' && steps[1]?.op === 'store-raw');
      found.push(...this.#symbols.accepted(symbol, usesArguments, showsRegs));
    }
    found.push(this.#name(definition, words), this.#return(definition, words));
    for (const arg of args)
      found.push(this.#user(arg, definition), this.#narrow(arg, definition), this.#stack(arg, isReturn));
    for (const arg of args) found.push(this.#text(arg, definition));
    for (const word of words.slice(2)) found.push(this.#arguments.path(symbol, isTracepoint, word));
    return found.filter((hint) => hint !== undefined);
  }

  #name({ event, symbol, group }: ProbeDefinition, words: readonly string[]): string | undefined {
    if (/:[^/]*[^/\s]$|\/./.test(words[0]!)) return undefined;
    if (event.length === MAX_EVENT_NAME_LEN - 1 && event.length < symbol.length + 6)
      return `its name is cut to 63 bytes: ${group}/${event}`;
    return symbol.replace(/\W/g, '') === symbol ? undefined : `its event is ${group}/${event}`;
  }

  #return({ isReturn, symbol, args }: ProbeDefinition, words: readonly string[]): string | undefined {
    if (!isReturn) return undefined;
    const retval = args.some(({ steps }) => steps[0]!.op === 'return-value');
    if (!words[1]!.endsWith('%return')) return '$retval makes it a probe on the return, as %return does';
    const known = this.#profile.btf.funcProto(symbol);
    return retval && known === undefined && this.#profile.hasTypes
      ? `there are no types for ${symbol}: where a function returns nothing, $retval is what was left in the register`
      : undefined;
  }

  /** The parameter that an argument starts from. */
  #parameter({ steps }: ProbeArg, { symbol, isTracepoint, entryArguments }: ProbeDefinition) {
    const [first] = steps;
    const parameters = this.#arguments.parameters(symbol, isTracepoint);
    if (first?.op === 'argument') return parameters?.[first.index - (isTracepoint ? 1 : 0)];
    if (first?.op !== 'entry-data') return undefined;
    return parameters?.[entryArguments[first.offset / 8] ?? -1];
  }

  #user(arg: ProbeArg, definition: ProbeDefinition): string | undefined {
    const reads = arg.steps[1];
    const isUser = reads !== undefined && 'user' in reads && reads.user;
    if (reads === undefined || isUser || !['dereference', 'store-string', 'store-memory'].includes(reads.op))
      return undefined;
    const parameter = this.#parameter(arg, definition);
    if (parameter === undefined || !isUserPointer(this.#profile, definition.symbol, parameter.name, parameter.type))
      return undefined;
    const better = arg.type.isString ? `${parameter.name}:ustring` : `+u0(${parameter.name})`;
    return `${parameter.name} points into user memory: ${better} says so; without the u it is read only on arches that can tell it by the address, as x86_64 does`;
  }

  /** Characters that are printed as a number. */
  #text(arg: ProbeArg, definition: ProbeDefinition): string | undefined {
    const { btf } = this.#profile;
    if (/[:(]/.test(arg.comm) || arg.type.isString) return undefined;
    const [, root = '', rest = ''] = /^([A-Za-z_]\w*)(.*)$/.exec(arg.comm) ?? [];
    const parameter = this.#arguments
      .parameters(definition.symbol, definition.isTracepoint)
      ?.find(({ name }) => name === root);
    const end = parameter && walkPath(btf, root + rest, parameter.type).at(-1);
    const isText =
      end !== undefined &&
      /^const (?:unsigned |signed )?char \*$|^(?:const )?(?:unsigned |signed )?char\[\d+\]$/.test(end.type);
    if (!isText || arg.steps.at(-1)?.op === 'store-string') return undefined;
    const isUser =
      parameter !== undefined && rest === '' && isUserPointer(this.#profile, definition.symbol, root, parameter.type);
    return `${arg.comm} is ${end.type}: ${arg.comm}:${isUser ? 'u' : ''}string prints the text`;
  }

  /** A pointer that is cut to fewer bytes than it has. */
  #narrow(arg: ProbeArg, definition: ProbeDefinition): string | undefined {
    const [, store] = arg.steps;
    if (store?.op !== 'store-raw' || store.size === 8) return undefined;
    const parameter = this.#parameter(arg, definition);
    const isPointer = parameter !== undefined && this.#profile.btf.skipModifiers(parameter.type)?.type.kind === 'ptr';
    return isPointer ? `${arg.comm} keeps ${store.size} of the 8 bytes of a pointer` : undefined;
  }

  #stack({ comm, steps }: ProbeArg, isReturn: boolean): string | undefined {
    return isReturn && steps[0]?.op === 'stack'
      ? `${comm}: at the return the stack is the caller's already`
      : undefined;
  }
}
