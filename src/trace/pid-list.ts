import { Errno } from '../abi/errno.ts';
import { kstrtoull } from './kstrtox.ts';
import { takeToken } from './user-token.ts';

/** Room for one pid in a write, terminator included. */
const PID_BUF_SIZE = 128;
/** Pids from here on do not fit the kernel's list. */
const MAX_PID = 1 << 30;

/**
 * Adds the pids of a write to a list; nothing changes when one of them is refused (`kernel/trace/trace.c:trace_pid_write()`).
 * @param old the list so far
 * @returns bytes taken and the new list (`undefined` when it has no pid), or −EINVAL, or −EPERM for a pid too large
 */
export function writePids(
  old: ReadonlySet<number> | undefined,
  data: string,
): { readonly read: number; readonly pids: Set<number> | undefined } | number {
  const pids = new Set(old);
  let read = 0;
  while (read < data.length) {
    const taken = takeToken(data.slice(read), PID_BUF_SIZE);
    if (typeof taken === 'number') return taken;
    read += taken.read;
    if (taken.token === '') break;
    const parsed = kstrtoull(taken.token, 0);
    if (parsed.errno !== undefined) return -Errno.EINVAL;
    const pid = Number(BigInt.asUintN(32, parsed.value));
    if (pid >= MAX_PID) return -Errno.EPERM;
    pids.add(pid);
  }
  return { read, pids: pids.size > 0 ? pids : undefined };
}

/** A pid list as its file shows it: one a line, ascending. */
export function pidsText(pids: ReadonlySet<number> | undefined): string {
  return [...(pids ?? [])]
    .sort((a, b) => a - b)
    .map((pid) => `${pid}\n`)
    .join('');
}
