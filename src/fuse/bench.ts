import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/**
 * Figures of a real mount, or why there are none on this machine. What one process waits for another to do takes as long as waking a process on another
 * cpu does, which differs between machines: so calls are also measured with all on one cpu.
 */
export function benchMount(root: URL): Figure[] | string {
  const path = (name: string) => fileURLToPath(new URL(name, root));
  const command = [path('bin/fprobe.js'), 'exec', '--quiet', '--cpus', '1', '--', process.execPath];
  const script = path('selftests/mounted/measure.mjs');
  const measure = (program: string, ...before: string[]) =>
    spawnSync(program, [...before, ...command, script], { encoding: 'utf8' });
  const { stdout, stderr } = measure(process.execPath);
  try {
    const all = figures(stdout);
    const pinned = measure('taskset', '--cpu-list', '0', process.execPath);
    if (pinned.status !== 0) return all;
    const calls = figures(pinned.stdout).filter(({ unit }) => unit === 'µs');
    return [...all, ...calls.map((figure) => ({ ...figure, name: `${figure.name}, all on one cpu` }))];
  } catch {
    return stderr.trim().split('\n')[0] ?? '';
  }
}

function figures(json: string): Figure[] {
  return (JSON.parse(json) as [string, number, string][]).map(([name, value, unit]) => ({ name, value, unit }));
}
