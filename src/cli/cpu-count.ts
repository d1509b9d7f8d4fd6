import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Most cpus that a simulated machine has. */
const MOST = 64;

/** How many cpus this machine may have: trace-cmd and others look for the files of each. */
export function hostCpus(): number {
  let possible = cpus().length;
  try {
    const last = /(\d+)\s*$/.exec(readFileSync('/sys/devices/system/cpu/possible', 'utf8'))?.[1];
    if (last !== undefined) possible = Number(last) + 1;
  } catch {
    // Not Linux, or no sysfs.
  }
  return Math.min(Math.max(possible, 1), MOST);
}
