/** One step from a value to the next. */
export type Hop =
  /** Follows a pointer to a struct and goes to a member of it; dots lead into embedded structs. */
  | { readonly kind: 'member'; readonly path: string }
  /** Loads what lies at a number of bytes from an address, in the kernel's memory or the task's. */
  | { readonly kind: 'load'; readonly offset: number; readonly user: boolean };

/** Where an argument of a definition comes from. */
interface ArgPath {
  /** Name of the function's parameter; undefined for the return value. */
  readonly param: string | undefined;
  readonly hops: readonly Hop[];
}

/** One argument of a definition. */
interface DefinedArg {
  readonly name: string;
  readonly path: ArgPath;
  /** Type after the colon; empty for BTF's own. */
  readonly type: string;
}

/** A fprobe or tracepoint event that a recording of objects was made under. */
export interface Definition {
  readonly event: string;
  /** The function, or the tracepoint. */
  readonly target: string;
  readonly kind: 'function' | 'tracepoint';
  readonly onReturn: boolean;
  readonly args: readonly DefinedArg[];
}

const HEAD = /^([ft]):(?:[^/\s]+[/.])?(\S+)\s+([^\s%]+)(%return)?\s*(.*)$/;
const ARG = /^([A-Za-z_]\w*)=(.*?)(?::([a-z]\w*(?:\[\d+\])?))?$/;

/** Reads the lines of a definitions file; lines that are not definitions are skipped. */
export function parseDefinitions(text: string): Definition[] {
  const found: Definition[] = [];
  for (const line of text.split('\n')) {
    const m = HEAD.exec(line.trim());
    if (m === null) continue;
    const args = m[5].split(/\s+/).flatMap((word) => parseArg(word) ?? []);
    found.push({
      event: m[2],
      target: m[3],
      kind: m[1] === 'f' ? 'function' : 'tracepoint',
      onReturn: m[4] !== undefined,
      args,
    });
  }
  return found;
}

function parseArg(word: string): DefinedArg | undefined {
  const m = ARG.exec(word);
  if (m === null) return undefined;
  const path = parsePath(m[2]);
  return path === undefined ? undefined : { name: m[1], path, type: m[3] ?? '' };
}

/** Reads `file->f_path.dentry->d_name.name`, `$retval->name`, `+0(pos)` or `+u0(buf)`. */
export function parsePath(text: string): ArgPath | undefined {
  const load = /^([+-])(u?)(\d+|0x[0-9a-f]+)\((.*)\)$/.exec(text);
  if (load !== null) {
    const inner = parsePath(load[4]);
    const offset = Number(load[3]) * (load[1] === '-' ? -1 : 1);
    return inner && { param: inner.param, hops: [...inner.hops, { kind: 'load', offset, user: load[2] === 'u' }] };
  }
  const [base, ...members] = text.split('->');
  if (!/^(\$retval|[A-Za-z_]\w*)$/.test(base)) return undefined;
  return { param: base === '$retval' ? undefined : base, hops: members.map((path) => ({ kind: 'member', path })) };
}
