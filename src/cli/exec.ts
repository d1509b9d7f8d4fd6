import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { HostError } from '../fuse/index.ts';
import { Session } from '../server/index.ts';
import { hostCpus } from './cpu-count.ts';
import { UsageError } from './exit-status.ts';
import { say } from './output.ts';
import { profileOf } from './profile-option.ts';
import { workloadOf } from './workload-option.ts';

interface ExecOptions {
  readonly cpus?: number;
  readonly seed: number;
  readonly profile?: string;
  readonly quiet?: boolean;
  /** Name of a kernel that is up. */
  readonly name?: string;
  readonly workload?: string;
}

/** Signals of the terminal, which reach the command by themselves. */
const OF_THE_TERMINAL = ['SIGINT', 'SIGQUIT'] as const;
/** Signals that are handed on to it. */
const HANDED_ON = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

const programs = {
  server: new URL('./kernel-session.js', import.meta.url),
  worker: new URL('./kernel-worker.js', import.meta.url),
};

/** `fprobe exec`: runs a command where a simulated kernel's files lie over those of the running one. */
export async function exec(command: readonly string[], options: ExecOptions): Promise<void> {
  const [program, ...args] = command.length > 0 ? command : [process.env.SHELL || '/bin/sh'];
  let session: Session;
  try {
    session = await Session.start(programs, sessionOptions(options));
  } catch (error) {
    if (error instanceof HostError) throw new UsageError(error.message);
    throw error;
  }
  if (!options.quiet) for (const line of session.missing) say(`fprobe: ${line}`);
  const signal = await run(session, [program!, ...args]);
  session.end();
  if (signal !== undefined) process.kill(process.pid, signal);
}

function sessionOptions(options: ExecOptions): Parameters<typeof Session.start>[1] {
  const { seed, profile, cpus = hostCpus(), name, workload } = options;
  const found = profileOf(profile);
  if (workload !== undefined) workloadOf(found, workload);
  return { kernel: name ?? { cpus, seed, profile: found.dir }, workload };
}

/** Runs the command to its end; sets the exit status, or answers the signal that ended it. */
function run(session: Session, command: readonly string[]): Promise<NodeJS.Signals | undefined> {
  const [program, ...args] = session.commandLine(command);
  const env = { ...process.env, ...session.environment };
  const ignore = () => {};
  const handOn = (signal: NodeJS.Signals) => child.kill(signal);
  // Before the command can run: it may be sent a signal as soon as it says something.
  for (const signal of OF_THE_TERMINAL) process.on(signal, ignore);
  for (const signal of HANDED_ON) process.on(signal, handOn);
  const child = spawn(program, args, { stdio: 'inherit', env });
  return new Promise((resolve) => {
    child.on('error', (error) => {
      say(`fprobe: ${error.message}`);
      process.exitCode = 127;
      resolve(undefined);
    });
    child.on('exit', (status, signal) => {
      for (const each of OF_THE_TERMINAL) process.removeListener(each, ignore);
      for (const each of HANDED_ON) process.removeListener(each, handOn);
      if (status !== null) process.exitCode = status;
      resolve(signal && constants.signals[signal] ? signal : undefined);
    });
  });
}
