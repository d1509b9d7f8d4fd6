import type { ProbeDefinition, ProbeEvent } from '../dynevent/index.ts';
import type { Machine } from '../machine/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import { type PathStep, walkPath } from './explain-path.ts';
import { argumentPlace, registersOf, type StepPlace, stepText } from './explain-steps.ts';
import { typeText } from './type-text.ts';

/** Functions of a pattern that are listed. */
const MAX_LISTED = 5;

/** One function that a probe sits on. */
interface ExplainedFunction {
  readonly name: string;
  readonly address: string;
  /** Bytes. */
  readonly size: number;
  /** `vfs_read+0x4`. */
  readonly entrySite: string;
  readonly entryAddress: string;
  readonly module?: string;
}

/** What a probe sits on. */
export interface ExplainedPlace {
  readonly kind: 'function' | 'tracepoint';
  readonly symbol: string;
  /** As C declares it; `undefined` where the types do not know it. */
  readonly prototype?: string;
  readonly functions: readonly ExplainedFunction[];
  /** Functions that are probed in all. */
  readonly count: number;
  /** Why it can be traced, or what it waits for. */
  readonly why: string;
}

/** Where an argument lies in the record. */
interface ExplainedField {
  /** Bytes from the record's start. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  readonly signed: boolean;
  readonly type: string;
}

/** An argument, drawn apart. */
export interface ExplainedArgument {
  readonly name: string;
  readonly fetches: string;
  /** Type of the value, as written behind a colon, and what says so. */
  readonly type: string;
  readonly typeFrom: string;
  readonly path: readonly PathStep[];
  readonly steps: readonly string[];
  readonly field: ExplainedField;
}

/** A definition that was accepted, drawn apart. */
export interface ExplainedDefinition {
  readonly group: string;
  readonly event: string;
  /** What was not written and was filled in. */
  readonly defaults: readonly string[];
  /** Its line in dynamic_events. */
  readonly line: string;
  readonly at: 'entry' | 'return' | 'tracepoint';
  readonly place: ExplainedPlace;
  readonly arguments: readonly ExplainedArgument[];
  /** Words that the entry handler keeps for the return. */
  readonly entryData: readonly string[];
  readonly registers: readonly { readonly what: string; readonly register: string }[];
  readonly format: string;
}

const hex = (address: bigint) => `0x${address.toString(16)}`;

/** Draws definitions of one kernel apart. */
export class DefinitionExplainer {
  readonly #profile: KernelProfile;
  readonly #machine: Machine;

  constructor(profile: KernelProfile, machine: Machine) {
    this.#profile = profile;
    this.#machine = machine;
  }

  /** @param words of the command as written */
  explain({ definition, call, show }: Explained, words: readonly string[]): ExplainedDefinition {
    const { group, event, isReturn, isTracepoint } = definition;
    return {
      group,
      event,
      defaults: defaultsOf(definition, words),
      line: show.trimEnd(),
      at: isTracepoint ? 'tracepoint' : isReturn ? 'return' : 'entry',
      place: isTracepoint ? this.#tracepoint(definition.symbol) : this.#functions(definition.symbol),
      arguments: definition.args.map((arg) => this.#argument(arg, definition, call)),
      entryData: definition.entryArguments.map(
        (index) => `$arg${index + 1} from ${argumentPlace(this.#machine.arch, index)}`,
      ),
      registers: registersOf(definition, this.#machine.arch),
      format: call.formatText(),
    };
  }

  #prototype(name: string, stub: string, hidden: number): string | undefined {
    const { btf } = this.#profile;
    const proto = btf.funcProto(stub);
    if (proto === undefined) return undefined;
    const params = proto.params.slice(hidden).map(({ name: each, type }) => {
      if (each === '') return '...';
      const text = typeText(btf, type);
      return text.endsWith('*') ? text + each : `${text} ${each}`;
    });
    const returns = typeText(btf, proto.returnType);
    const list = params.length === 0 ? 'void' : params.join(', ');
    return hidden > 0 ? `${name}(${list})` : `${returns}${returns.endsWith('*') ? '' : ' '}${name}(${list})`;
  }

  #function(id: number): ExplainedFunction {
    const { functions, kallsyms } = this.#machine;
    const ip = functions.entryIp(id);
    const symbol = kallsyms.at(ip);
    const start = functions.symbolAddress(id);
    const module = symbol?.module;
    return {
      name: functions.name(id),
      address: hex(start),
      size: symbol?.size ?? 0,
      entrySite: `${functions.name(id)}+0x${(ip - start).toString(16)}`,
      entryAddress: hex(ip),
      ...(module !== undefined && { module }),
    };
  }

  #functions(symbol: string): ExplainedPlace {
    const ids = this.#profile.functions.matchSymbols(symbol);
    const pattern = /[*?[\\]/.test(symbol);
    const prototype = this.#prototype(symbol, symbol, 0);
    const site = `ftrace can patch ${ids.length === 1 ? 'its entry site' : 'their entry sites'}`;
    return {
      kind: 'function',
      symbol,
      ...(prototype !== undefined && { prototype }),
      functions: ids.slice(0, MAX_LISTED).map((id) => this.#function(id)),
      count: ids.length,
      why: pattern
        ? `${ids.length} functions match; ${site}`
        : ids.length > 1
          ? `${ids.length} functions have this name; ${site}`
          : site,
    };
  }

  #tracepoint(name: string): ExplainedPlace {
    const stub = `__probestub_${name}`;
    const { functions, symbols, events } = this.#profile;
    const ids = functions.idsBySymbol(stub);
    const prototype = this.#prototype(name, stub, 1);
    const used = events.all
      .filter((one) => one.name === name && one.system !== 'ftrace')
      .map((one) => `${one.system}:${one.name}`);
    const there = ids.length > 0 || symbols.has(`__tracepoint_${name}`);
    return {
      kind: 'tracepoint',
      symbol: name,
      ...(prototype !== undefined && { prototype }),
      functions: ids.map((id) => this.#function(id)),
      count: ids.length,
      why: there
        ? `the tracepoint calls ${stub}, whose entry is probed${used.length > 0 ? `; ${used.join(' ')} is on it, too` : ''}`
        : 'no such tracepoint is in the kernel: the probe waits for a module that brings it',
    };
  }

  #argument(
    arg: ProbeDefinition['args'][number],
    definition: ProbeDefinition,
    call: Explained['call'],
  ): ExplainedArgument {
    const { btf } = this.#profile;
    const { isTracepoint, entryArguments, symbol } = definition;
    const proto = btf.funcProto(isTracepoint ? `__probestub_${symbol}` : symbol);
    const place: StepPlace = {
      arch: this.#machine.arch,
      isTracepoint,
      entryArguments,
      parameterName: (index) => proto?.params[index]?.name || undefined,
    };
    const path = /(?:\$retval|[A-Za-z_]\w*)(?:(?:->|\.)[\w.>-]+)?/.exec(arg.comm.replace(/:[^:]*$/, ''))?.[0];
    const isBare = path !== undefined && !/^[-+@\\$%]/.test(arg.comm.replace(/^\$retval/, 'r'));
    const root = path?.match(/^\$?\w+/)?.[0];
    const rootType = root === '$retval' ? proto?.returnType : proto?.params.find(({ name }) => name === root)?.type;
    const field = call.fields.find(({ name }) => name === arg.name)!;
    const hasText = arg.steps[0]?.op === 'comm' || arg.steps[0]?.op === 'text';
    const isArray = arg.count > 0;
    const colon = arg.comm.lastIndexOf(':');
    const typed = colon >= 0;
    return {
      name: arg.name,
      fetches: arg.comm,
      type: typed ? arg.comm.slice(colon + 1) : arg.type.name + (isArray ? `[${arg.count}]` : ''),
      typeFrom: typed ? 'as written' : isBare && rootType !== undefined ? "of the value's type" : 'the default',
      path: path !== undefined && rootType !== undefined && rootType !== 0 ? walkPath(btf, path, rootType) : [],
      steps: arg.steps.map((step) =>
        hasText && step.op === 'store-string' ? 'copy it, with its NUL' : stepText(step, place),
      ),
      field: { offset: field.offset, size: field.size, signed: field.signed, type: field.type },
    };
  }
}

/** A probe as it is registered, and its line in dynamic_events. */
interface Explained {
  readonly definition: ProbeDefinition;
  readonly call: ProbeEvent['call'];
  readonly show: string;
}

function defaultsOf(
  { symbol, isReturn, isTracepoint, group, event }: ProbeDefinition,
  words: readonly string[],
): string[] {
  const name = words[0]!.slice(2);
  const found: string[] = [];
  if (!/[/.]/.test(name)) found.push(`the group is ${group} when none is named`);
  if (name === '' || /[/.]$/.test(name)) {
    const of = isTracepoint ? 'the tracepoint' : `the function and ${isReturn ? '__exit' : '__entry'}`;
    found.push(`the event is called ${event}, after ${of}`);
  }
  if (isReturn && !words[1]!.endsWith('%return')) found.push(`$retval makes it a probe on the return of ${symbol}`);
  if (words.slice(2).some((word) => word.startsWith('$arg')))
    found.push('$arg words at the start of an argument become names where the types know the function');
  return found;
}
