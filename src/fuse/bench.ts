import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Figures of a real mount, or why there are none on this machine. */
export function benchMount(
  root: URL,
): { readonly name: string; readonly value: number; readonly unit: string }[] | string {
  const path = (name: string) => fileURLToPath(new URL(name, root));
  const command = [path('bin/fprobe.js'), 'exec', '--quiet', '--cpus', '1', '--', process.execPath];
  const { stdout, stderr } = spawnSync(process.execPath, [...command, path('selftests/mounted/measure.mjs')], {
    encoding: 'utf8',
  });
  try {
    const figures = JSON.parse(stdout) as [string, number, string][];
    return figures.map(([name, value, unit]) => ({ name, value, unit }));
  } catch {
    return stderr.trim().split('\n')[0] ?? '';
  }
}
