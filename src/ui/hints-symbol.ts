import type { KernelProfile } from '../profile/index.ts';
import { nearest } from './nearest.ts';

/** Addresses of one name that are told. */
const MAX_SHOWN = 4;
/** What stands before the name of a system call's function, as it is called from the entry code. */
const SYSCALL_WRAPPER = /^__(?:x64|ia32|arm64|arm64_compat|riscv|s390x|se|do)_(?:compat_)?sys_/;
const WITH_REGS = /^__(?:x64|ia32|arm64|riscv|s390x)_(?:compat_)?sys_/;

/** Looks at the words that stand for a function or a tracepoint. */
export class SymbolHints {
  readonly #profile: KernelProfile;
  readonly #known = new Map<string, string | undefined>();

  constructor(profile: KernelProfile) {
    this.#profile = profile;
  }

  /** Why a function cannot be probed, and what can. */
  refused(symbol: string): string | undefined {
    if (!this.#known.has(symbol)) this.#known.set(symbol, this.#look(symbol));
    return this.#known.get(symbol);
  }

  #look(symbol: string): string | undefined {
    const { symbols, functions, btf } = this.#profile;
    if (/^0x|^\d/.test(symbol)) return this.#atAddress(symbol);
    if (/[*?[]/.test(symbol)) return 'no traceable function has such a name';
    if (symbol.includes(':')) return `give the function alone, without ${symbol.slice(0, symbol.indexOf(':') + 1)}`;
    const [, base, offset] = /^([^+-]+)([+-].*)$/.exec(symbol) ?? [];
    if (base !== undefined && symbols.has(base)) return `a function is probed at its entry: leave out ${offset}`;
    const traceable = (name: string) => functions.idsBySymbol(name).length > 0;
    const pieces = [...symbols.match(`${symbol.replace(/[\\*?[\]]/g, '')}.*`)].map(({ name }) => name);
    const probeable = [...new Set(pieces.filter(traceable))];
    if (symbols.has(symbol)) {
      if (probeable.length > 0) return `${symbol} itself cannot be traced; ${probeable.join(' ')} can`;
      return this.#untraceable(symbol);
    }
    if (probeable.length > 0) return `the compiler made ${probeable.join(' ')} of it`;
    if (pieces.length > 0)
      return `only ${pieces[0]} is left of it, which cannot be traced: it was inlined into its callers`;
    if (btf.findByName(symbol, 'func') !== undefined)
      return `${symbol} has a type, but no symbol: it was inlined into its callers`;
    return this.#similar(symbol, traceable);
  }

  #atAddress(symbol: string): string {
    const known = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(symbol)?.[1];
    const at = known === undefined ? undefined : this.#profile.symbols.at(BigInt(`0x${known}`));
    return `fprobe events take the name of a function, not its address${at === undefined ? '' : `: ${at.name}`}`;
  }

  /** A symbol that is there and has no entry site. */
  #untraceable(symbol: string): string {
    const { symbols } = this.#profile;
    const address = symbols.lookupName(symbol)!;
    const range = (start: string, end: string) => {
      const [from, to] = [symbols.lookupName(start), symbols.lookupName(end)];
      return from !== undefined && to !== undefined && address >= from && address < to;
    };
    const is = `${symbol} is in the kernel, but ftrace has no entry site for it`;
    if (range('__noinstr_text_start', '__noinstr_text_end')) return `${is}: it is noinstr, code that nothing may trace`;
    if (range('__entry_text_start', '__entry_text_end')) return `${is}: it is entry code, written in assembly`;
    if (range('_sinittext', '_einittext')) return `${is}: it runs at boot only and is gone`;
    return `${is}: it is data, assembly, or marked notrace`;
  }

  #similar(symbol: string, traceable: (name: string) => boolean): string | undefined {
    const { functions } = this.#profile;
    const bare = symbol.replace(/^(?:sys_|SyS_|compat_sys_)/, '');
    if (bare !== symbol) {
      const call = ['__x64_sys_', '__arm64_sys_', '__riscv_sys_', '__s390x_sys_', '__do_sys_', 'ksys_', 'do_sys_']
        .map((prefix) => prefix + bare)
        .find(traceable);
      if (call !== undefined)
        return `did you mean ${call}?${WITH_REGS.test(call) ? ` ${this.#insteadOfRegs(call)}` : ''}`;
    }
    for (const prefix of ['__x64_', '__', 'do_', 'ksys_', 'vfs_'])
      if (traceable(prefix + symbol)) return `did you mean ${prefix}${symbol}?`;
    const longer = symbol.length < 4 ? [] : [...functions.match(`${symbol}*`)].map((id) => functions.name(id));
    if (longer.length > 0) {
      const shortest = [...new Set(longer)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
      return `did you mean ${shortest.slice(0, 3).join(' or ')}?`;
    }
    const near = nearest(symbol, namesOf(functions), 3);
    if (near.length > 0) return `did you mean ${near.join(' or ')}?`;
    const around =
      symbol.length < 4 || /\W/.test(symbol) ? [] : [...functions.match(`*${symbol}*`)].map((id) => functions.name(id));
    const shortest = [...new Set(around)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).slice(0, 3);
    return shortest.length > 0 ? `did you mean ${shortest.join(' or ')}?` : undefined;
  }

  /** Says of a system call's function that it has no arguments of its own. */
  onlyRegs(symbol: string): string | undefined {
    return WITH_REGS.test(symbol) ? `of ${symbol}: ${this.#insteadOfRegs(symbol)}` : undefined;
  }

  /** What to write where a system call's function has only the registers. */
  #insteadOfRegs(symbol: string): string {
    const { functions, events } = this.#profile;
    const call = symbol.replace(SYSCALL_WRAPPER, '');
    const inner = [
      `__do_sys_${call}`,
      `__se_sys_${call}`,
      `ksys_${call}`,
      `do_sys_${call}`,
      `do_sys_${call}2`,
      `do_${call}`,
    ].find((name) => functions.idsBySymbol(name).length > 0);
    const fields = events.get('syscalls', `sys_enter_${call}`)?.fields ?? [];
    const names = fields.filter(({ name }) => name !== '__syscall_nr');
    const registers = ['di', 'si', 'dx', 'r10', 'r8', 'r9'];
    const example = names.slice(0, 2).map(({ name }, i) => `${name}=regs->${registers[i]}`);
    const ways = [
      ...(example.length > 0 && symbol.startsWith('__x64_') ? [`write ${example.join(' ')}`] : []),
      ...(inner === undefined ? [] : [`probe ${inner}`]),
    ];
    return `its only argument is regs, the registers of the caller${ways.length > 0 ? `: ${ways.join(', or ')}` : ''}`;
  }

  /** What may not be meant although it is accepted. */
  accepted(symbol: string, usesArguments: boolean, showsRegs: boolean): string[] {
    const { functions, symbols } = this.#profile;
    if (/[*?[]/.test(symbol)) return [];
    const found: string[] = [];
    const ids = functions.idsBySymbol(symbol);
    if (ids.length > 1) {
      const places = ids.slice(0, MAX_SHOWN).map((id) => {
        const at = symbols.at(functions.entryIp(id));
        return `0x${functions.symbolAddress(id).toString(16)}${at?.module === undefined ? '' : ` [${at.module}]`}`;
      });
      found.push(
        `${ids.length} functions are called ${symbol} (${places.join(' ')}${ids.length > MAX_SHOWN ? ' ...' : ''}): all of them are probed${usesArguments ? ', with the arguments of the one that the types know first' : ''}`,
      );
    }
    const regs = showsRegs ? this.onlyRegs(symbol) : undefined;
    if (regs !== undefined) found.push(regs);
    if (usesArguments && /\.(?:isra|constprop)\b/.test(symbol))
      found.push(
        `the compiler changed ${symbol}: its arguments may be fewer, and in other registers, than in the source`,
      );
    return found;
  }

  /** Says that a tracepoint is not there, which the kernel does not: the probe waits for a module. */
  absentTracepoint(name: string): string | undefined {
    const { symbols } = this.#profile;
    const all = [...symbols.match('__tracepoint_*'), ...symbols.match('__probestub_*')].map((symbol) =>
      symbol.name.replace(/^__(?:tracepoint|probestub)_/, ''),
    );
    if (all.length === 0 || all.includes(name)) return undefined;
    const event = this.#profile.events.all.find((one) => one.name === name && one.system !== 'syscalls');
    if (event !== undefined)
      return `${event.system}:${name} is an event, but no tracepoint of that name is in the kernel (an event class shares one): the probe waits for a module that has it`;
    const near = nearest(name, all, 3);
    return `no tracepoint ${name} is in the kernel: the probe waits for a module that has it${near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''}`;
  }
}

function* namesOf(functions: KernelProfile['functions']): Generator<string> {
  for (let id = 0; id < functions.count; id++) yield functions.name(id);
}
