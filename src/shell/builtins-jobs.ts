import { type Builtin, print } from './builtin.ts';
import type { Shell } from './shell.ts';
import type { ShellProcess } from './shell-process.ts';
import { SIGINT, signalList, signalName, signalNumber } from './signals.ts';

/** The process that a pid or a job's number stands for. */
function target(shell: Shell, text: string): ShellProcess | undefined {
  if (text.startsWith('%')) return shell.jobs[Number(text.slice(1)) - 1];
  return shell.process.system.processes.get(Number(text));
}

const kill: Builtin = async (shell, args) => {
  let signal: number | undefined = 15;
  let at = 0;
  const first = args[0] ?? '';
  if (first === '-l') {
    const named = args[1];
    const lines = signalList().map(([name, number]) => `${number}) SIG${name}\n`);
    if (named === undefined) return print(shell, 'kill', lines.join(''));
    if (/^\d+$/.test(named)) return print(shell, 'kill', `${signalName(Number(named) & 0x7f)}\n`);
    return print(shell, 'kill', `${signalNumber(named) ?? named}\n`);
  }
  if (first === '-s' || first === '-n') {
    signal = signalNumber(args[1] ?? '');
    at = 2;
  } else if (/^-./.test(first) && first !== '--') {
    signal = signalNumber(first.slice(1));
    at = 1;
  }
  if (args[at] === '--') at++;
  if (at >= args.length) {
    await shell.complain('kill: usage: kill [-s SIGNAL | -SIGNAL] PID | %JOB ... or kill -l [SIGNAL]');
    return 2;
  }
  if (signal === undefined) {
    await shell.complain(`kill: ${at === 2 ? args[1] : first.slice(1)}: invalid signal specification`);
    return 1;
  }
  let status = 0;
  for (const text of args.slice(at)) {
    if (!/^-?%?\d+$/.test(text)) {
      await shell.complain(`kill: ${text}: arguments must be process or job IDs`);
      status = 1;
      continue;
    }
    const found = text.startsWith('-') ? group(shell, Number(text.slice(1))) : [target(shell, text)];
    const live = found.filter((process) => process?.status === undefined && process !== undefined);
    if (live.length === 0) {
      await shell.complain(`kill: (${text}) - No such process`);
      status = 1;
    }
    for (const process of live) process!.kill(signal);
  }
  // One that ends itself does so here.
  shell.process.check();
  return status;
};

const group = (shell: Shell, number: number) =>
  [...shell.process.system.processes.values()].filter((process) => process.group === number);

const wait: Builtin = async (shell, args) => {
  let status = 0;
  const jobs = args.length > 0 ? args.map((text) => target(shell, text)) : [...shell.jobs];
  for (const [i, job] of jobs.entries()) {
    if (!job || !shell.jobs.includes(job)) {
      if (args.length > 0) await shell.complain(`wait: pid ${args[i]} is not a child of this shell`);
      status = 127;
      continue;
    }
    const ended = await shell.waitForJob(job);
    if (ended === undefined) return 128 + (shell.pendingSignal ?? SIGINT);
    shell.jobs.splice(shell.jobs.indexOf(job), 1);
    status = ended;
  }
  return args.length > 0 ? status : 0;
};

const trap: Builtin = async (shell, args) => {
  const rest = args[0] === '--' ? args.slice(1) : args;
  if (rest.length === 0) {
    const lines = [...shell.traps].map(
      ([signal, action]) =>
        `trap -- '${action.replace(/'/g, "'\\''")}' ${signal === 0 ? 'EXIT' : signalName(signal)}\n`,
    );
    return print(shell, 'trap', lines.join(''));
  }
  const resets = rest[0] === '-' || (rest.length > 0 && /^\d+$/.test(rest[0]!));
  const action = resets ? undefined : rest[0]!;
  for (const name of rest[0] === '-' || !resets ? rest.slice(1) : rest) {
    const signal = signalNumber(name);
    if (signal === undefined) {
      await shell.complain(`trap: ${name}: invalid signal specification`);
      return 1;
    }
    setTrap(shell, signal, action);
  }
  return 0;
};

function setTrap(shell: Shell, signal: number, action: string | undefined): void {
  const { caught } = shell.process;
  if (action === undefined) {
    shell.traps.delete(signal);
    caught.delete(signal);
    return;
  }
  shell.traps.set(signal, action);
  if (signal !== 0) caught.set(signal, action === '' ? 'ignored' : () => shell.notePending(signal));
}

const jobs: Builtin = (shell) => {
  const lines = shell.jobs.map(
    (job, i) => `[${i + 1}]  ${job.status === undefined ? 'Running' : 'Done'}\t\t${job.argv.join(' ')}\n`,
  );
  return print(shell, 'jobs', lines.join(''));
};

const foreground: Builtin = async (shell, [which], name) => {
  const job = which ? target(shell, which) : shell.jobs.at(-1);
  if (!job) {
    await shell.complain(`${name}: no such job`);
    return 1;
  }
  if (name === 'bg') return 0;
  job.group = shell.process.system.foreground;
  const status = await shell.waitForJob(job);
  shell.jobs.splice(shell.jobs.indexOf(job), 1);
  return status ?? 130;
};

/** Builtins about processes. */
export const jobBuiltins: Readonly<Record<string, Builtin>> = {
  bg: foreground,
  fg: foreground,
  jobs,
  kill,
  trap,
  wait,
};
