import { Errno } from '../abi/errno.ts';
import type { Ftrace } from '../ftrace/index.ts';
import type { Machine } from '../machine/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import { addedSymbols, profileSymbols } from './kallsyms-text.ts';
import { directory, type TraceDir, type TraceFile } from './node.ts';

/** What the files outside tracefs tell of, and act on. */
interface SystemKernel {
  readonly profile: KernelProfile;
  readonly machine: Machine;
  readonly ftrace: Ftrace;
}

/**
 * Files outside tracefs that tools for tracing look at: `proc/kallsyms`, `proc/version`, `proc/sys/kernel/ftrace_enabled` and
 * `kptr_restrict`, `sys/kernel/btf/vmlinux`, each at its path below the directory.
 */
export function systemFiles(kernel: SystemKernel): TraceDir {
  const { profile, ftrace } = kernel;
  const dir = (entries: Parameters<typeof directory>[0]): TraceDir => ({ ...directory(entries), mode: 0o555 });
  let restrict = 0;
  const enabled = sysctl(1, undefined, (value) => ftrace.setEnabled(value !== 0));
  const kptr = sysctl(restrict, [0, 2], (value) => {
    restrict = value;
  });
  const blob = profile.hasTypes ? profile.btfBytes : new Uint8Array(0);
  return dir({
    proc: () =>
      dir({
        kallsyms: () => proc(() => profileSymbols(kernel, restrict === 2) + addedSymbols(kernel, restrict === 2)),
        version: () => proc(() => `${profile.banner}\n`),
        sys: () => dir({ kernel: () => dir({ ftrace_enabled: () => enabled, kptr_restrict: () => kptr }) }),
      }),
    sys: () =>
      dir({
        kernel: () => dir({ btf: () => dir({ vmlinux: () => ({ ...proc(() => latin1(blob)), size: blob.length }) }) }),
      }),
  });
}

function proc(read: () => string): TraceFile {
  return { kind: 'file', mode: 0o444, read };
}

/** A file that holds one number, `kernel/sysctl.c:proc_dointvec()`. What stands behind it in a write is left alone. */
function sysctl(first: number, range: readonly [number, number] | undefined, set: (value: number) => void): TraceFile {
  let value = first;
  const write = (data: string): number => {
    const number = /^[ \t]*(-?(?:0[xX][0-9a-fA-F]+|\d+))(?=[ \t\n\0]|$)/.exec(data)?.[1];
    if (number === undefined) return data === '' ? 0 : -Errno.EINVAL;
    const written = signedNumber(number);
    if (!Number.isInteger(written) || written !== (written | 0)) return -Errno.EINVAL;
    if (range && (written < range[0] || written > range[1])) return -Errno.EINVAL;
    value = written;
    set(value);
    return data.length;
  };
  return { kind: 'file', mode: 0o644, read: () => `${value}\n`, write };
}

/** A number in C's spelling. */
function signedNumber(text: string): number {
  const digits = text.replace('-', '');
  const value = /^0[0-7]/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return digits === text ? value : -value;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
