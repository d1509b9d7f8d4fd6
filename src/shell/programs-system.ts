import { errnoText } from '../abi/errno.ts';
import { Replay } from '../workload/index.ts';
import { testBuiltin } from './builtin-test.ts';
import { outputBuiltins } from './builtins-output.ts';
import { groupId, userId } from './owners.ts';
import { complain, options, type Program, type ProgramCall, print, readAll } from './program.ts';
import { readFile } from './read-file.ts';
import { startChild } from './run-child.ts';
import { Shell } from './shell.ts';
import { ShellError } from './shell-errors.ts';
import type { ShellProcess } from './shell-process.ts';
import { SIGTERM, signalList, signalNumber } from './signals.ts';

const SECOND = 1e9;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

const seconds = (text: string): number | undefined => {
  const match = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(text);
  return match ? Number(match[1]) * UNITS[match[2] || 's']! : undefined;
};

const sleep: Program = async (call) => {
  if (call.args.length === 0) return complain(call, 'missing operand');
  let total = 0;
  for (const arg of call.args) {
    const time = seconds(arg);
    if (time === undefined) return complain(call, `invalid time interval '${arg}'`);
    total += time;
  }
  await call.process.sleep(total * SECOND);
  return 0;
};

const usleep: Program = async ({ process, args }) => {
  await process.sleep(Number(args[0] ?? 0) * 1000);
  return 0;
};

const uname: Program = (call) => {
  const { profile } = call.process.system.kernel;
  const flags = [...(call.args.join('').replace(/-/g, '') || 's')];
  const build = /#\S+ .*$/.exec(profile.banner)?.[0] ?? '#1 SMP';
  const parts: readonly [string, string][] = [
    ['s', 'Linux'],
    ['n', 'fprobe'],
    ['r', profile.release],
    ['v', build],
    ['m', 'x86_64'],
    ['o', 'GNU/Linux'],
  ];
  const shown = parts.filter(([flag]) => flags.includes('a') || flags.includes(flag)).map(([, text]) => text);
  return print(call, `${shown.join(' ')}\n`);
};

const id: Program = (call) => {
  const [flag = ''] = call.args;
  if (/^-[ugG]$/.test(flag)) return print(call, '0\n');
  if (/^-[ugG]?n[ugG]?$/.test(flag)) return print(call, 'root\n');
  return print(call, 'uid=0(root) gid=0(root) groups=0(root)\n');
};

const ps: Program = (call) => {
  const { processes } = call.process.system;
  const rows = [...processes.values()]
    .sort((a, b) => a.pid - b.pid)
    .map((process) => {
      const state = process.status === undefined ? 'S' : 'Z';
      return `${String(process.pid).padStart(7)} ${state}    ${process.argv.join(' ') || process.task.comm}\n`;
    });
  return print(call, `    PID STAT CMD\n${rows.join('')}`);
};

/** Sends a packet to itself and gets it back: what scripts do to let the kernel run. */
const ping: Program = async (call) => {
  const { flags, rest } = options(call.args, 'ciWw');
  const [host = ''] = rest;
  if (!/^(127\.\d+\.\d+\.\d+|localhost|::1)$/.test(host)) {
    await complain(
      call,
      `${host || 'usage error'}: ${host ? 'Network is unreachable' : 'Destination address required'}`,
    );
    return 2;
  }
  const count = Number(flags.get('c') ?? 1);
  await print(call, `PING ${host} (127.0.0.1) 56(84) bytes of data.\n`);
  for (let n = 1; n <= count; n++) {
    await call.process.sleep(n === 1 ? 50_000 : SECOND);
    await print(call, `64 bytes from 127.0.0.1: icmp_seq=${n} ttl=64 time=0.050 ms\n`);
  }
  return print(
    call,
    `\n--- ${host} ping statistics ---\n${count} packets transmitted, ${count} received, 0% packet loss\n`,
  );
};

const kill: Program = async (call) => {
  const { process } = call;
  let args = call.args;
  let signal: number | undefined = SIGTERM;
  if (args[0] === '-l')
    return print(
      call,
      `${signalList()
        .map(([name]) => name)
        .join(' ')}\n`,
    );
  if (args[0] === '-s') [signal, args] = [signalNumber(args[1] ?? ''), args.slice(2)];
  else if (/^-./.test(args[0] ?? '')) [signal, args] = [signalNumber(args[0]!.slice(1)), args.slice(1)];
  if (signal === undefined) return complain(call, 'invalid signal');
  let status = 0;
  for (const pid of args) {
    const ret = process.system.processes.get(Number(pid))?.kill(signal) ?? -3;
    if (ret < 0) status = await complain(call, `(${pid}): ${errnoText(ret)}`);
  }
  return status;
};

const killall: Program = async (call) => {
  const { flags, rest } = options(call.args, 's');
  const signal = signalNumber(flags.get('s') ?? String(SIGTERM)) ?? SIGTERM;
  const found = [...call.process.system.processes.values()].filter(
    ({ task, status }) => rest.includes(task.comm) && status === undefined,
  );
  for (const process of found) process.kill(signal);
  return found.length > 0 ? 0 : complain(call, `${rest.join(' ')}: no process found`);
};

const mount: Program = async (call) => {
  const { flags, rest } = options(call.args, 'to');
  const { mounts, vfs } = call.process.system;
  if (rest.length === 0)
    return print(
      call,
      mounts.list.map((each) => `${each.device} on ${each.dir} type ${each.type} (${each.options})\n`).join(''),
    );
  const dir = vfs.realPath(call.process, rest.at(-1)!);
  const known = typeof dir === 'string' ? mounts.at(dir) : undefined;
  const given = (flags.get('o') ?? '').split(',').filter(Boolean);
  if (!known) return complain(call, `${rest.at(-1)}: mount point does not exist or nothing can be mounted there.`);
  if (!given.includes('remount')) return complain(call, `${known.dir}: ${rest[0]} already mounted on ${known.dir}.`);
  return known.type === 'tracefs' ? remount(call, known, given) : 0;
};

/** The options that tracefs takes: who owns its files, and the root's mode. */
function remount(call: ProgramCall, mount: { options: string }, given: readonly string[]): number | Promise<number> {
  const { vfs } = call.process.system;
  const values = new Map(
    given.map((option): [string, string] => {
      const [name, value = ''] = option.split('=');
      return [name!, value];
    }),
  );
  const number = (name: string) => {
    const text = values.get(name);
    return text === undefined ? undefined : Number.parseInt(text, name === 'mode' ? 8 : 10);
  };
  const [uid, gid, mode] = [number('uid'), number('gid'), number('mode')];
  if ([uid, gid, mode].some((each) => Number.isNaN(each)))
    return complain(call, 'wrong fs type, bad option, bad superblock');
  const root = vfs.mountAttributes;
  if (uid !== undefined) root.uid = uid;
  if (gid !== undefined) root.gid = gid;
  if (mode !== undefined) root.mode = mode;
  vfs.forgetAttributes([
    ...(uid === undefined ? [] : ['uid' as const]),
    ...(gid === undefined ? [] : ['gid' as const]),
  ]);
  const shown = [
    root.uid ? `uid=${root.uid}` : '',
    root.gid ? `gid=${root.gid}` : '',
    root.mode !== undefined && root.mode !== 0o755 ? `mode=${root.mode.toString(8).padStart(3, '0')}` : '',
  ];
  mount.options = ['rw', 'relatime', ...shown.filter(Boolean)].join(',');
  return 0;
}

const umount: Program = async (call) => {
  const { rest } = options(call.args);
  const busy = rest.find((dir) => call.process.system.mounts.at(dir));
  return busy === undefined
    ? complain(call, `${rest[0] ?? ''}: not mounted.`)
    : complain(call, `${busy}: target is busy.`);
};

const taskset: Program = async (call) => {
  const { args, process } = call;
  const isPid = args.some((arg) => /^-[a-z]*p/.test(arg));
  const isList = args.some((arg) => /^-[a-z]*c/.test(arg));
  const rest = args.filter((arg) => !arg.startsWith('-'));
  const { cpus } = process.system.kernel.machine;
  const mask = (text: string) => (isList ? cpuOfList(text) : cpuOfMask(text));
  if (isPid && rest.length === 1) {
    const all = ((1n << BigInt(cpus.length)) - 1n).toString(16);
    return print(call, `pid ${rest[0]}'s current affinity mask: ${all}\n`);
  }
  const cpu = mask(rest[0] ?? '');
  if (cpu === undefined || cpu >= cpus.length) return complain(call, 'failed to set affinity: Invalid argument');
  const target = isPid ? process.system.processes.get(Number(rest[1])) : process;
  if (!target) return complain(call, `failed to set pid ${rest[1]}'s affinity: No such process`);
  process.system.kernel.processes.moveTo(target.task, cpu);
  return isPid ? 0 : runCommand(call, rest.slice(1), call.args.slice(call.args.indexOf(rest[0]!) + 1));
};

const cpuOfMask = (text: string) => {
  if (!/^(0x)?[0-9a-f]+$/i.test(text)) return undefined;
  const bits = BigInt(text.startsWith('0x') ? text : `0x${text}`);
  return bits === 0n ? undefined : bits.toString(2).length - 1 - bits.toString(2).lastIndexOf('1') + 0;
};
const cpuOfList = (text: string) => (/^\d/.test(text) ? Number.parseInt(text, 10) : undefined);

/** Becomes another program. */
async function runCommand(
  call: ProgramCall,
  words: readonly string[],
  exact: readonly string[] = words,
): Promise<number> {
  if (words.length === 0) return 0;
  const shell = new Shell(call.process);
  for (const [name, value] of call.environment) shell.variables.set(name, { value, exported: true });
  return shell.execute(exact);
}

const LONG_OPTIONS: Readonly<Record<string, string>> = { errexit: 'e', nounset: 'u', xtrace: 'x', noglob: 'f' };

const sh: Program = async (call) => {
  const args = [...call.args];
  const shell = new Shell(call.process);
  for (const [name, value] of call.environment) shell.variables.set(name, { value, exported: true });
  let command: string | undefined;
  let fromInput = false;
  while (/^[-+]./.test(args[0] ?? '')) {
    const word = args.shift()!;
    if (word === '--') break;
    for (const letter of word.slice(1)) {
      if (letter === 'c') command = '';
      else if (letter === 's') fromInput = true;
      else if (letter === 'o') shell.options.add(LONG_OPTIONS[args.shift() ?? ''] ?? 'pipefail');
      else if (letter !== 'i' && letter !== 'l') shell.options.add(letter);
    }
  }
  if (command !== undefined) {
    command = args.shift() ?? '';
    if (args.length > 0) shell.name = args.shift()!;
    shell.args = args;
    return shell.finishInPlace(() => shell.source(command!));
  }
  if (args.length > 0 && !fromInput) {
    shell.name = args.shift()!;
    shell.args = args;
    const script = await readFile(call.process, shell.name);
    if (typeof script === 'string') return shell.finishInPlace(() => shell.source(script));
    await complain(call, `${shell.name}: ${errnoText(script)}`);
    return 127;
  }
  shell.args = args;
  const text = await readAll(call.process, 0);
  if (typeof text === 'number') return complain(call, `read error: ${errnoText(text)}`);
  return shell.finishInPlace(() => shell.source(text));
};

const env: Program = async (call) => {
  const args = [...call.args];
  const environment = new Map(call.environment);
  for (;;) {
    const word = args[0] ?? '';
    if (word === '-i' || word === '-') environment.clear();
    else if (word === '-u') environment.delete(args.splice(1, 1)[0] ?? '');
    else if (/^\w+=/.test(word)) environment.set(word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1));
    else break;
    args.shift();
  }
  if (args.length > 0) return runCommand({ ...call, environment }, args);
  return print(call, [...environment].map(([name, value]) => `${name}=${value}\n`).join(''));
};

const getent: Program = async (call) => {
  const [database = '', key] = call.args;
  const fd = call.process.open(`/etc/${database}`, { read: true });
  if (fd < 0) return complain(call, `Unknown database: ${database}`);
  const text = await readAll(call.process, fd);
  call.process.close(fd);
  const find = database === 'group' ? groupId : userId;
  const number = key === undefined ? undefined : find(call.process, key);
  const lines = (typeof text === 'string' ? text : '').split('\n').filter((line) => {
    const [name, , id] = line.split(':');
    return line !== '' && (key === undefined || name === key || id === String(number));
  });
  if (lines.length === 0) return 2;
  return print(call, lines.map((line) => `${line}\n`).join(''));
};

const xargs: Program = async (call) => {
  const { process } = call;
  const at = call.args.findIndex((arg, i) => !arg.startsWith('-') && !/^-[nIdL]$/.test(call.args[i - 1] ?? ''));
  const { flags } = options(at < 0 ? call.args : call.args.slice(0, at), 'nIdL');
  const command = at < 0 ? ['echo'] : call.args.slice(at);
  const text = await readAll(process, 0);
  if (typeof text === 'number') return complain(call, errnoText(text));
  const replaced = flags.get('I');
  const byLine = replaced !== undefined || flags.has('d');
  const items = flags.has('0') ? text.split('\0').filter(Boolean) : text.split(byLine ? '\n' : /\s+/).filter(Boolean);
  if (items.length === 0 && flags.has('r')) return 0;
  const size = replaced === undefined ? Number(flags.get('n') ?? flags.get('L') ?? Math.max(1, items.length)) : 1;
  let status = 0;
  for (let i = 0; i < Math.max(1, items.length); i += size) {
    const group = items.slice(i, i + size);
    const words =
      replaced === undefined
        ? [...command, ...group]
        : command.map((word) => word.replaceAll(replaced, group[0] ?? ''));
    const ended = await runChild(call, words);
    if (ended !== 0) status = 123;
  }
  return status;
};

/** Runs a command in a child and waits for it. */
async function runChild(
  call: ProgramCall,
  words: readonly string[],
  started?: (child: ShellProcess) => void,
): Promise<number> {
  const { child, done } = startChild(call, words, { waited: started === undefined });
  started?.(child);
  await call.process.wait(child);
  return done;
}

const timeout: Program = async (call) => {
  const { flags } = options(call.args, 'sk');
  const rest = call.args.slice(call.args.findIndex((arg) => seconds(arg) !== undefined));
  const limit = seconds(rest[0] ?? '') ?? 0;
  const signal = signalNumber(flags.get('s') ?? 'TERM') ?? SIGTERM;
  let expired = false;
  const status = await runChild(call, rest.slice(1), (child) => {
    void call.process.system.scheduler.sleep(limit * SECOND).then(() => {
      if (child.status !== undefined) return;
      expired = true;
      child.kill(signal);
    });
  });
  return expired ? 124 : status;
};

/** Programs that run another one in a way that makes no difference here. */
const passing =
  (skip: (args: readonly string[]) => number): Program =>
  (call) =>
    runCommand(call, call.args.slice(skip(call.args)));
const firstOperand = (args: readonly string[]) => {
  const at = args.findIndex((arg) => !arg.startsWith('-'));
  return at < 0 ? args.length : at;
};

const which: Program = async (call) => {
  const { process } = call;
  const shell = new Shell(process);
  for (const [name, value] of call.environment) shell.variables.set(name, { value, exported: true });
  let status = 0;
  for (const name of options(call.args).rest) {
    const found = process.system.programs().includes(name) ? `/usr/bin/${name}` : undefined;
    if (found === undefined) status = 1;
    else await print(call, `${found}\n`);
  }
  return status;
};

/** Modules cannot be loaded from files here: there are none. */
const noModule: Program = async (call) => {
  const { rest } = options(call.args);
  return complain(
    call,
    `FATAL: Module ${rest[0] ?? ''} not found in directory /lib/modules/${call.process.system.kernel.profile.release}`,
  );
};

const run: Program = async (call) => {
  const { process, args } = call;
  const { kernel } = process.system;
  const { names } = kernel.profile.workloads;
  const [name] = args;
  if (name === undefined) return print(call, names.map((each) => `${each}\n`).join(''));
  const workload = kernel.processes.workload(name);
  if (!workload) return complain(call, `no workload ${name} (there are ${names.join(' ')})`);
  const replay = new Replay(kernel, workload, { seed: kernel.seed });
  kernel.processes.run(process.task);
  while (!replay.run({ steps: 20_000 })) {
    await process.system.scheduler.giveWay();
    process.check();
  }
  kernel.processes.run(process.task);
  return 0;
};

const dmesg: Program = (call) =>
  print(call, call.process.system.kernel.machine.log.lines.map((line) => `${line}\n`).join(''));

const date: Program = (call) => {
  const now = Math.floor(call.process.system.kernel.machine.clock.now / SECOND);
  const format = call.args.find((arg) => arg.startsWith('+'))?.slice(1) ?? '%a %b %e %H:%M:%S UTC %Y';
  const time = new Date(now * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const values: Readonly<Record<string, string>> = {
    a: time.toUTCString().slice(0, 3),
    b: time.toUTCString().slice(8, 11),
    d: two(time.getUTCDate()),
    e: String(time.getUTCDate()).padStart(2),
    F: time.toISOString().slice(0, 10),
    H: two(time.getUTCHours()),
    m: two(time.getUTCMonth() + 1),
    M: two(time.getUTCMinutes()),
    N: String(Math.floor(call.process.system.kernel.machine.clock.now % SECOND)).padStart(9, '0'),
    s: String(now),
    S: two(time.getUTCSeconds()),
    T: time.toISOString().slice(11, 19),
    Y: String(time.getUTCFullYear()),
  };
  return print(call, `${format.replace(/%([a-zA-Z])/g, (all, letter: string) => values[letter] ?? all)}\n`);
};

const lscpu: Program = (call) => {
  const { length } = call.process.system.kernel.machine.cpus;
  const rows = [
    ['Architecture', 'x86_64'],
    ['Byte Order', 'Little Endian'],
    ['CPU(s)', String(length)],
    ['On-line CPU(s) list', length === 1 ? '0' : `0-${length - 1}`],
  ];
  return print(call, rows.map(([name, value]) => `${`${name}:`.padEnd(24)}${value}\n`).join(''));
};

/** A builtin as a program of its own, for those who call it by path or through another. */
const asProgram =
  (run: (shell: Shell, args: readonly string[], name: string) => Promise<number> | number): Program =>
  async (call) => {
    const shell = new Shell(call.process);
    shell.name = call.name;
    try {
      return await run(shell, call.args, call.name);
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      await shell.complain(error.message);
      return error.status;
    }
  };

/** Programs about the machine and its processes. */
export const systemPrograms: Readonly<Record<string, Program>> = {
  '[': asProgram(testBuiltin),
  ash: sh,
  bash: sh,
  chrt: passing((args) => firstOperand(args) + 1),
  clear: (call) => print(call, '\x1b[H\x1b[2J\x1b[3J'),
  dash: sh,
  date,
  dmesg,
  echo: asProgram(outputBuiltins.echo!),
  env,
  false: () => 1,
  getent,
  hostname: (call) => print(call, 'fprobe\n'),
  id,
  insmod: noModule,
  kill,
  killall,
  lscpu,
  modprobe: noModule,
  mount,
  nice: passing((args) => (args[0] === '-n' ? 2 : firstOperand(args))),
  nohup: passing(firstOperand),
  nproc: (call) => print(call, `${call.process.system.kernel.machine.cpus.length}\n`),
  ping,
  printenv: env,
  printf: asProgram(outputBuiltins.printf!),
  ps,
  pwd: (call) => print(call, `${call.process.cwd}\n`),
  rmmod: noModule,
  run,
  setsid: passing(firstOperand),
  sh,
  sleep,
  sync: () => 0,
  taskset,
  test: asProgram(testBuiltin),
  timeout,
  true: () => 0,
  umount,
  uname,
  usleep,
  which,
  whoami: (call) => print(call, 'root\n'),
  xargs,
};
