import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { testBoot } from '../fprobe/test-boot.ts';
import { POISON } from '../ftrace/index.ts';
import type { ArchName } from '../machine/index.ts';
import { type AttachOptions, attachKprobeMulti, BpfLinks, BpfProg, type BpfRun, KprobeMultiLink } from './index.ts';

const FUNCTIONS = ['vfs_read', 'vfs_write', '-vfs_open', 'do_exit'];
const POISON_64 = (BigInt(POISON) << 32n) | BigInt(POISON);

function boot(arch: ArchName = 'x86_64') {
  const engine = testBoot(FUNCTIONS, { arch, cpus: 2 });
  const { machine, ftrace, fprobes } = engine;
  const links = new BpfLinks(machine, fprobes);
  const events: string[] = [];
  /** A program that notes the function and, as a session, whether it returns. */
  const noting = (attachType: 'kprobe-multi' | 'kprobe-session' = 'kprobe-multi', result = 0) =>
    new BpfProg({
      name: 'noting',
      attachType,
      run: (ctx) => {
        const name = machine.kallsyms.at(ctx.getFuncIp())!.name;
        events.push(`${attachType === 'kprobe-session' && ctx.sessionIsReturn() ? '<' : ''}${name}`);
        return result;
      },
    });
  const attach = (prog: BpfProg, options: AttachOptions) => attachKprobeMulti(links, ftrace, prog, options);
  const must = (link: KprobeMultiLink | number): KprobeMultiLink => {
    expect(link).toBeInstanceOf(KprobeMultiLink);
    return link as KprobeMultiLink;
  };
  const call = (name: string, ...args: bigint[]) => {
    events.length = 0;
    machine.call(engine.cpu, name, args);
    return events.join(' ');
  };
  return { ...engine, links, events, noting, attach, must, call };
}

test.each([
  ['vfs_*', ['vfs_read', 'vfs_write', 'vfs_open']],
  ['vfs_????', ['vfs_read', 'vfs_open']],
  ['do_exit', ['do_exit']],
])('a pattern %s attaches to %s', (pattern, expected) => {
  const { attach, must, noting, machine } = boot();
  const link = must(attach(noting(), { pattern }));
  expect(link.addrs.map((addr) => machine.kallsyms.at(addr)!.name)).toEqual(expected);
});

test.each([
  [{}, Errno.EINVAL],
  [{ pattern: 'nosuch*' }, Errno.ENOENT],
  [{ pattern: 'vfs_[rw]*' }, Errno.ENOENT],
  [{ pattern: 'vfs_*', syms: ['vfs_read'] }, Errno.EINVAL],
  [{ pattern: 'vfs_*', cookies: [1n] }, Errno.EINVAL],
  [{ syms: ['vfs_read'], addrs: [1n] }, Errno.EINVAL],
  [{ syms: [] }, Errno.EINVAL],
  [{ syms: ['x'.repeat(512)] }, Errno.E2BIG],
  [{ syms: ['x'.repeat(511)] }, Errno.ESRCH],
  [{ syms: ['vfs_read', 'vfs_write'], cookies: [1n] }, Errno.EFAULT],
])('attaching with %o is refused', (options, errno) => {
  const { attach, noting, fprobes } = boot();
  expect(attach(noting(), options as AttachOptions)).toBe(-errno);
  expect(fprobes.registered).toBe(0);
});

test('a session that asks for returns only, and a list shorter than its count', () => {
  const { attach, links, noting } = boot();
  expect(attach(noting('kprobe-session'), { syms: ['vfs_read'], retprobe: true })).toBe(-Errno.EINVAL);
  expect(links.create(noting(), { syms: ['vfs_read'], count: 2 })).toBe(-Errno.EFAULT);
});

test.each(['i386', 'arm'] as const)('on %s there are no links', (arch) => {
  const { links, noting } = boot(arch);
  expect(links.create(noting(), { syms: ['vfs_read'], flags: 99 })).toBe(-Errno.EOPNOTSUPP);
  expect(links.create(noting(), { syms: ['vfs_read'], attachType: 'kprobe-session' })).toBe(-Errno.EINVAL);
});

test('entries, returns and sessions', () => {
  const { attach, must, noting, call } = boot();
  const entry = must(attach(noting(), { syms: ['vfs_read'] }));
  expect(call('vfs_read')).toBe('vfs_read');
  entry.close();
  expect(call('vfs_read')).toBe('');
  must(attach(noting(), { syms: ['vfs_write'], retprobe: true }));
  must(attach(noting('kprobe-session'), { syms: ['vfs_read', 'do_exit'] }));
  must(attach(noting('kprobe-session', 1), { syms: ['vfs_open'] }));
  expect(call('vfs_write')).toBe('vfs_write');
  expect(call('vfs_read')).toBe('vfs_read <vfs_read');
  expect(call('vfs_open')).toBe('vfs_open');
  entry.close();
});

test('a cookie of the session goes from each entry to its return', () => {
  const { attach, must, machine, cpu } = boot();
  const seen: bigint[] = [];
  let next = 0xfeed_0000_0000n;
  const run: BpfRun = (ctx) => {
    if (ctx.sessionIsReturn()) seen.push(ctx.sessionCookie);
    else ctx.sessionCookie = ++next;
    return 0;
  };
  must(attach(new BpfProg({ name: 's', attachType: 'kprobe-session', run }), { pattern: 'vfs_*' }));
  for (const fn of [0, 1, 2]) machine.enterFunction(cpu, fn, 0x81001000, 0xffffffff);
  for (let i = 0; i < 3; i++) machine.leaveFunction(cpu);
  expect(seen).toEqual([0xfeed_0000_0003n, 0xfeed_0000_0002n, 0xfeed_0000_0001n]);
});

test('a program sees a pt_regs; what ftrace_regs does not hold is poison, and reading it is reported', () => {
  const { attach, must, machine, cpu } = boot();
  const seen: (bigint | string)[] = [];
  const prog = new BpfProg({
    name: 'regs',
    attachType: 'kprobe-session',
    run: (ctx) => {
      if (ctx.sessionIsReturn()) seen.push(ctx.returnValue, ctx.instructionPointer, ctx.argument(0));
      else
        seen.push(
          ctx.argument(0),
          ctx.argument(1),
          ctx.register('cs'),
          ctx.register('bx'),
          ctx.argument(17),
          ctx.task.comm,
        );
      return 0;
    },
  });
  must(attach(prog, { syms: ['vfs_read'] }));
  machine.defineFunction('returns7', undefined, () => 7n);
  machine.call(cpu, 'vfs_read', [3n, 4n], 0xffffffff81001234n);
  expect(seen).toEqual([3n, 4n, 0n, POISON_64, 0n, 'test', 0n, 0xffffffff81001234n, POISON_64]);
  expect(machine.log.lines.map((line) => line.slice(15))).toEqual([
    'WARNING: a handler at the entry of vfs_read reads bx, which ftrace_regs does not hold',
    'WARNING: a handler at the return of vfs_read reads di, which ftrace_regs does not hold',
  ]);
});

test('a program that runs keeps others off its cpu, not off other cpus, and its task where it is', () => {
  const { attach, must, machine, cpu } = boot();
  const [, other] = machine.cpus;
  const hits: string[] = [];
  const inner = new BpfProg({ name: 'inner', run: (ctx) => hits.push(`inner on ${ctx.cpu.id}`) });
  const outer = new BpfProg({
    name: 'outer',
    run: (ctx) => {
      hits.push(`outer ${ctx.task.migrateDisable}`);
      machine.call(ctx.cpu, 'vfs_write');
      machine.call(other!, 'vfs_write');
      return 0;
    },
  });
  must(attach(inner, { syms: ['vfs_write'] }));
  must(attach(outer, { syms: ['vfs_read'] }));
  machine.call(cpu, 'vfs_read');
  expect(hits).toEqual(['outer 1', 'inner on 1']);
  expect([outer.recursionMisses, inner.recursionMisses, cpu.current.migrateDisable]).toEqual([0, 1, 0]);
});

test('a link counts what fprobe misses', () => {
  const { attach, must, noting, machine, cpu } = boot();
  const links = [1, 2].map(() => must(attach(noting('kprobe-session'), { syms: ['vfs_read'] })));
  for (let i = 0; i < 80; i++) machine.enterFunction(cpu, 0, 0x81001000, 0xffffffff);
  // A frame with its bitmap, two headers with a cookie each, a data word: nine words; 54 end at 486, where a frame still fits, but not its data.
  for (const link of links) expect(link.info()).toEqual({ type: 'kprobe_multi', count: 1, flags: 0, missed: 26 });
  for (let i = 0; i < 80; i++) machine.leaveFunction(cpu);
});

test('a module whose functions are hit cannot go before the link does', () => {
  const { attach, must, noting, machine, call } = boot();
  const load = () => machine.loadModule({ name: 'brd', functions: [{ name: 'brd_probe' }, { name: 'brd_remove' }] });
  load();
  const link = must(attach(noting(), { pattern: 'brd_*' }));
  expect(call('brd_probe')).toBe('brd_probe');
  expect(machine.unloadModule('brd')).toBe(-Errno.EAGAIN);
  link.close();
  link.close();
  expect(machine.unloadModule('brd')).toBe(0);
  expect(attach(noting(), { syms: ['brd_probe'] })).toBe(-Errno.ESRCH);
  load();
  must(attach(noting(), { syms: ['brd_probe'] }));
  expect(call('brd_probe')).toBe('brd_probe');
});

test('a refused link holds no module', () => {
  const { links, noting, machine } = boot();
  machine.loadModule({ name: 'brd', functions: [{ name: 'brd_probe' }] });
  const addr = machine.kallsyms.lookupName('brd_probe')!;
  expect(links.create(noting(), { addrs: [addr, addr + 1n] })).toBe(-Errno.ENOENT);
  expect(machine.unloadModule('brd')).toBe(0);
});

test.each([
  ['x86_64', 0n],
  ['arm64', 0n],
  ['loongarch', 0n],
  ['powerpc64', 12n],
] as const)('on %s bpf_get_func_ip() is %i bytes behind the symbol', (arch, offset) => {
  const { attach, must, machine, cpu } = boot(arch);
  const ips: bigint[] = [];
  const prog = new BpfProg({ name: 'ip', attachType: 'kprobe-session', run: (ctx) => ips.push(ctx.getFuncIp()) && 0 });
  must(attach(prog, { syms: ['vfs_read'] }));
  machine.call(cpu, 'vfs_read');
  const symbol = machine.kallsyms.lookupName('vfs_read')!;
  expect(ips).toEqual([symbol + offset, symbol + offset]);
});
