import { performance } from 'node:perf_hooks';
import type { KernelProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/index.ts';
import { glob } from './glob.ts';
import { runScript, SHELL_PROCESS } from './run-script.ts';
import { ShellSystem, type Terminal } from './shell-system.ts';
import type { Stream } from './stream.ts';

const NOTHING: Stream = { path: '/dev/null', read: () => '', write: (data) => data.length, close: () => {} };
const TERMINAL: Terminal = { stdin: NOTHING, stdout: NOTHING, stderr: NOTHING };

const REPEAT = `i=0
while [ $i -lt 64 ]; do
  echo "f:again$i vfs_read" >> dynamic_events
  echo 1 > events/fprobes/again$i/enable
  echo 0 > events/fprobes/again$i/enable
  echo -:again$i >> dynamic_events
  i=$((i+1))
done`;

const boot = (profile: KernelProfile) => SimulatedKernel.boot(profile, { first: SHELL_PROCESS });

/** Milliseconds of one script on a fresh kernel. */
async function scriptTime(profile: KernelProfile, text: string): Promise<number> {
  const kernel = boot(profile);
  const start = performance.now();
  await runScript(kernel, TERMINAL, { text, name: 'sh', args: [] });
  return performance.now() - start;
}

/** Milliseconds of what shell scripts do most: a glob over all events, 64 events that come and go, 100 processes with and without a probe on them. */
export async function benchShell(profile: KernelProfile): Promise<Readonly<Record<string, number>>> {
  const system = new ShellSystem(boot(profile), TERMINAL);
  glob(system.init, 'events/*/*/enable');
  const start = performance.now();
  glob(system.init, 'events/*/*/enable');
  const globbed = performance.now() - start;
  const forks = 'i=0; while [ $i -lt 100 ]; do (:); i=$((i+1)); done';
  const probed = `echo f:a kernel_clone >> dynamic_events; echo 1 > events/fprobes/a/enable; ${forks}`;
  await scriptTime(profile, probed);
  return {
    'events/*/*/enable': globbed,
    'define, enable, disable, remove, 64 times': await scriptTime(profile, REPEAT),
    '100 subshells': await scriptTime(profile, forks),
    '100 subshells, kernel_clone probed': await scriptTime(profile, probed),
  };
}
