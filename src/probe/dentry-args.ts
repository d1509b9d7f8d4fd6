import { Errno } from '../abi/errno.ts';
import { MAX_DENTRY_ARGS_LEN } from '../abi/limits.ts';
import type { ProbeTypes } from './probe-scope.ts';

/** Bytes from a struct's start to a member; 0 where the types do not know it. */
function memberOffset(types: ProbeTypes, struct: string, path: string): number {
  const id = types.findByName(struct, 'struct');
  const place = id === undefined ? undefined : types.memberPath(id, path);
  return place === undefined ? 0 : place.bitOffset / 8;
}

function rewrite(arg: string, types: ProbeTypes): string {
  const body = arg.slice(0, -4);
  const equals = arg.indexOf('=');
  const value = equals < 0 ? body : arg.slice(equals + 1, -4);
  const prefix = equals < 0 ? '' : `${body.slice(0, equals)}=`;
  const hex = (struct: string, path: string) => `+0x${memberOffset(types, struct, path).toString(16)}`;
  const dentry = arg.endsWith('d') ? value : `${hex('file', 'f_path.dentry')}(${value})`;
  return `${prefix}+0x0(${hex('dentry', 'd_name.name')}(${dentry})):string`;
}

/**
 * Rewrites `[NAME=]ARG:%pd` and `:%pD` into the name of a dentry, or of a file's dentry
 * (`kernel/trace/trace_probe.c:traceprobe_expand_dentry_args()`).
 * @returns the arguments, the same array when there is nothing to rewrite, or −ENOMEM when the rewritten ones get too long
 */
export function expandDentryArgs(args: readonly string[], types: ProbeTypes): readonly string[] | number {
  if (!args.some((arg) => /:%p[dD]$/.test(arg))) return args;
  const expanded: string[] = [];
  let used = 0;
  for (const arg of args) {
    const wanted = /:%p[dD]$/.test(arg);
    const text = wanted ? rewrite(arg, types) : arg;
    if (wanted) used += text.length + 1;
    if (used > MAX_DENTRY_ARGS_LEN) return -Errno.ENOMEM;
    expanded.push(text);
  }
  return expanded;
}
