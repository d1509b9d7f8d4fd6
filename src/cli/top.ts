import { TopSession } from '../ui/top-session.ts';
import { type DefinedOptions, definedKernel } from './defined-kernel.ts';
import { plainTop } from './top-plain.ts';

/** Options of `fprobe top`. */
export interface TopOptions extends DefinedOptions {
  readonly seed: number;
  readonly loop?: boolean;
  /** Simulated seconds a second; without it as fast as it goes where there is no screen. */
  readonly speed?: number;
}

/** What is watched when nothing is asked for: a probe at an entry, one at a return, one with data on the shadow stack, a tracepoint. */
const DEFAULT_DEFINITIONS = [
  'f:open do_sys_openat2 filename:ustring',
  'f:read vfs_read%return file=file->f_path.dentry->d_name.name:string count ret=$retval',
  'f:fault handle_mm_fault%return address flags:x32 ret=$retval:x32',
  't:switch sched_switch comm=next->comm:string pid=next->pid',
];
/** Simulated seconds a second, on a screen: a recorded program takes a few of these. */
const SCREEN_SPEED = 0.05;

/** Whether ink takes this for a build machine, where it draws nothing before the end. */
function isBuildMachine(env: NodeJS.ProcessEnv): boolean {
  const says = (value: string | undefined) => value !== undefined && value !== '0' && value !== 'false';
  return says(env.CI) || says(env.CONTINUOUS_INTEGRATION);
}

/** Whether there is a terminal to draw on and to read keys from. */
function hasScreen(): boolean {
  const { stdin, stdout, env } = process;
  return stdin.isTTY === true && stdout.isTTY === true && env.TERM !== 'dumb' && !isBuildMachine(env);
}

/** `fprobe top`: live probes under a workload, on a screen; in lines where there is none. */
export async function top(options: TopOptions): Promise<void> {
  const defined = definedKernel(options, options.event.length > 0 ? options.event : DEFAULT_DEFINITIONS);
  if (defined === undefined) return;
  const session = new TopSession(defined.kernel, defined.workload, options.seed);
  const { loop = false, speed } = options;
  if (!hasScreen()) await plainTop(session, { loop, speed });
  else await (await import('./top-terminal.tsx')).terminalTop(session, { loop, speed: speed ?? SCREEN_SPEED });
}
