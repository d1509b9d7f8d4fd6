import { Errno } from '../abi/errno.ts';
import type { FetchStep } from './fetch-step.ts';
import { type FieldPath, parseFieldPath, splitPathHead } from './field-path.ts';
import type { ProbeScope } from './probe-scope.ts';
import { Refusal, refuse } from './refusal.ts';

/** What a piece of an argument fetches. */
export interface Fetched {
  /** What the types say about the value, if they were asked. */
  readonly value: FieldPath['value'] | undefined;
  /** Column that later errors about the argument show. */
  readonly at: number;
}

interface Root extends Fetched {
  readonly value: undefined;
  /** Type id. */
  readonly type: number;
}

/** The return value; its type may be unknown when no member of it is wanted. */
function returnValue(scope: ProbeScope, wantsMember: boolean, at: number, restAt: number): Root | Fetched | Refusal {
  const prototype = scope.prototype();
  if (prototype === undefined) {
    return wantsMember ? refuse('NO_BTF_ENTRY', restAt, -Errno.ENOENT) : { value: undefined, at };
  }
  if (prototype.returnType === 0) return refuse('NO_RETVAL', at, -Errno.ENOENT);
  return { value: undefined, at, type: prototype.returnType };
}

function parameter(scope: ProbeScope, name: string, at: number): { index: number; type: number } | Refusal {
  const asked = scope.hasPrototype;
  const params = scope.prototype()?.params;
  // A prototype without parameters is as good as none, unless an earlier argument has already found it.
  if (params === undefined || (params.length === 0 && !asked)) return refuse('NO_BTF_ENTRY', at, -Errno.ENOENT);
  const index = params.findIndex((param) => param.name === name);
  return index < 0 ? refuse('NO_BTFARG', at, -Errno.ENOENT) : { index, type: params[index]!.type };
}

/** The step that fetches the n-th visible parameter of the function, 0-based. */
export function argumentStep(scope: ProbeScope, index: number): FetchStep {
  if (scope.place.isReturn) return { op: 'entry-data', offset: scope.entryDataOffset(index) };
  return { op: 'argument', index: scope.place.isTracepoint ? index + 1 : index };
}

/**
 * Parses a name with the members behind it: `file->f_path.dentry`, `$retval->i_ino` (`kernel/trace/trace_probe.c:parse_btf_arg()`).
 * @param at column of the text in its word
 */
export function parseBtfArgument(text: string, at: number, scope: ProbeScope, steps: FetchStep[]): Fetched | Refusal {
  if (!scope.hasTypes) return refuse('NOSUP_BTFARG', at, -Errno.EOPNOTSUPP);
  const head = splitPathHead(text, at);
  if (head instanceof Refusal) return head;
  const restAt = at + head.rest;
  if (head.separator === '.') return refuse('NOSUP_DAT_ARG', restAt, -Errno.EOPNOTSUPP);
  let typeId: number;
  if (scope.place.isReturn && head.name === '$retval') {
    const root = returnValue(scope, head.separator !== '', at, restAt);
    if (root instanceof Refusal) return root;
    steps.push({ op: 'return-value' });
    if (!('type' in root)) return root;
    typeId = root.type;
  } else {
    const found = parameter(scope, head.name, at);
    if (found instanceof Refusal) return found;
    steps.push(argumentStep(scope, found.index));
    typeId = found.type;
  }
  const resolved = scope.types.skipModifiers(typeId);
  if (resolved === undefined) return refuse('BAD_BTF_TID', at);
  if (head.separator === '') return { value: { type: resolved.type, bitOffset: 0, bitSize: 0 }, at };
  return parseFieldPath(text.slice(head.rest), resolved.type, restAt, scope.types, steps);
}
