import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Fgraph } from '../fgraph/index.ts';
import { FprobeCore } from '../fprobe/index.ts';
import { Ftrace } from '../ftrace/index.ts';
import { Machine } from '../machine/index.ts';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { type BpfAttachType, BpfLinks, BpfProg, type KprobeMultiAttr, type KprobeMultiLink } from './index.ts';

/**
 * Commands and what Linux 6.16.3 answered: programs that note their function's address, their cookie, whether it is a return, and a session's cookie; links of them;
 * system calls that hit them.
 */
const golden = readFileSync(join(import.meta.dirname, '../../selftests/golden/kprobe-multi.txt'), 'utf8');

const ATTACH_TYPES: Record<string, BpfAttachType> = { multi: 'kprobe-multi', session: 'kprobe-session', plain: 'none' };
/** What system calls run, outermost first. */
const SYSTEM_CALLS: Record<string, readonly string[]> = {
  getppid: ['__x64_sys_getppid', '__task_pid_nr_ns'],
  getpid: ['__x64_sys_getpid', '__task_pid_nr_ns'],
};

class Kernel {
  readonly #machine: Machine;
  readonly #links: BpfLinks;
  readonly #progs = new Map<string, { prog: BpfProg; hits: string[] }>();
  readonly #open = new Map<string, KprobeMultiLink>();

  constructor() {
    const profile = loadProfile();
    if (isProfileError(profile)) throw new Error(profile.error);
    this.#machine = new Machine({ symbols: profile.symbols, functions: profile.functions });
    this.#links = new BpfLinks(
      this.#machine,
      new FprobeCore(this.#machine, new Fgraph(this.#machine, new Ftrace(this.#machine))),
    );
  }

  answer(command: string): string {
    const [what, name = '', ...words] = command.split(' ');
    switch (what) {
      case 'prog':
        return this.#load(name, words);
      case 'link':
        return this.#link(name, words);
      case 'close':
        this.#open.get(name)!.close();
        return '0\n';
      case 'info':
        return this.#info(name, words.map(Number) as [number, number, number]);
      case 'proginfo':
        return `0 misses ${this.#progs.get(name)!.prog.recursionMisses}\n`;
      case 'hit':
        for (let i = 0; i < Number(words[0] ?? 1); i++) this.#call(SYSTEM_CALLS[name]!);
        return '0\n';
      case 'dump': {
        const { hits } = this.#progs.get(name)!;
        return `${hits.length}\n${hits.splice(0).join('')}`;
      }
      default:
        throw new Error(command);
    }
  }

  #load(name: string, [type = '', result = '0', comm]: string[]): string {
    const hits: string[] = [];
    const attachType = ATTACH_TYPES[type]!;
    const prog = new BpfProg({
      name,
      attachType,
      run: (ctx) => {
        if (comm) this.#call(['bpf_get_current_comm']);
        const session = attachType === 'kprobe-session';
        const isReturn = session && ctx.sessionIsReturn();
        const cookie = session ? ctx.sessionCookie : 0n;
        hits.push(
          `  ip ${ctx.getFuncIp().toString(16)} cookie ${ctx.getAttachCookie()} ret ${Number(isReturn)} session ${cookie.toString(16)}\n`,
        );
        if (session && !isReturn) ctx.sessionCookie = ctx.getFuncIp();
        return Number(result);
      },
    });
    this.#progs.set(name, { prog, hits });
    return '0\n';
  }

  #link(name: string, [progName, ...options]: string[]): string {
    const given = new Map(options.map((option) => option.split('=') as [string, string]));
    const list = (option: string) => given.get(option)?.split(',');
    const number = (option: string) => (given.has(option) ? Number(given.get(option)) : undefined);
    const [syms, addrs, cookies] = [list('syms'), list('addrs')?.map(BigInt), list('cookies')?.map(BigInt)];
    const [count, flags, linkFlags] = [number('cnt'), number('flags'), number('lflags')];
    const attr: KprobeMultiAttr = {
      attachType: ATTACH_TYPES[given.get('attach') ?? 'multi']!,
      ...(syms && { syms }),
      ...(addrs && { addrs }),
      ...(cookies && { cookies }),
      ...(count !== undefined && { count }),
      ...(flags !== undefined && { flags }),
      ...(linkFlags !== undefined && { linkFlags }),
    };
    const link = this.#links.create(this.#progs.get(progName!)!.prog, attr);
    if (typeof link === 'number') return `${link}\n`;
    this.#open.set(name, link);
    return '0\n';
  }

  #info(name: string, [count, addrs, cookies]: [number, number, number]): string {
    const info = this.#open.get(name)!.info({ count, addrs: addrs !== 0, cookies: cookies !== 0 });
    if (typeof info === 'number') return `${info}\n`;
    const list = (info.addrs ?? []).map((addr, i) => ` ${addr.toString(16)}:${info.cookies?.[i] ?? -2}`);
    return `0 type 8 count ${info.count} flags ${info.flags} missed ${info.missed}${list.join('')}\n`;
  }

  #call([name, ...inner]: readonly string[]): void {
    if (name === undefined) return;
    const machine = this.#machine;
    const cpu = machine.cpus[0]!;
    const fn = machine.functions.idAtSymbol(machine.kallsyms.lookupName(name)!)!;
    machine.enterFunction(cpu, fn, 0x81fdc104, 0xffffffff);
    this.#call(inner);
    machine.leaveFunction(cpu);
  }
}

/** What is not the same each time: what a session's cookie is before its entry sets it, what a refused info leaves, room that is left over. */
const mask = (answer: string) =>
  answer
    .replace(/ret 0 session [0-9a-f]+/g, 'ret 0')
    .replace(/^(-\d+) type.*/, '$1')
    .replace(/( 0:-1)+$/gm, '');

test('links answer as Linux 6.16.3', () => {
  const kernel = new Kernel();
  const exchanges = golden
    .split(/^> /m)
    .slice(1)
    .map((text) => ({ command: text.split('\n', 1)[0]!, answer: text.slice(text.indexOf('\n') + 1) }));
  expect(exchanges.length).toBeGreaterThan(100);
  for (const { command, answer } of exchanges) {
    // A return run of a session without an entry shows what the stack held before.
    const masked = (text: string) =>
      command === 'dump session0' ? mask(text).replace(/session [0-9a-f]+/g, '') : mask(text);
    expect(`${command}\n${masked(kernel.answer(command))}`).toBe(`${command}\n${masked(answer)}`);
  }
});
