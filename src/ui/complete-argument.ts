import type { Btf, BtfMember } from '../btf/index.ts';
import type { Candidate, Completion } from './completion.ts';
import { typeText } from './type-text.ts';

/** What an argument's completion asks of a function or tracepoint. */
export interface ArgumentTarget {
  /** Its visible parameters; none where the types do not know it. */
  readonly params: readonly { readonly name: string; readonly type: number }[];
  /** Type id of what it returns; `undefined` for nothing, for a tracepoint, and where the types do not know it. */
  readonly returnType: number | undefined;
}

/** The fetch types, each with what it makes of a value. */
const FETCH_TYPES: readonly Candidate[] = [
  ...[8, 16, 32, 64].map((bits) => ({ text: `u${bits}`, note: 'unsigned' })),
  ...[8, 16, 32, 64].map((bits) => ({ text: `s${bits}`, note: 'signed' })),
  ...[8, 16, 32, 64].map((bits) => ({ text: `x${bits}`, note: 'hexadecimal' })),
  { text: 'char', note: 'a character' },
  { text: 'string', note: 'text in kernel memory' },
  { text: 'ustring', note: 'text in user memory' },
  { text: 'symbol', note: 'name of the symbol at an address' },
  { text: 'symstr', note: 'the same, as text in the record' },
  { text: 'b', note: 'bits: b<bits>@<offset>/<size>' },
  { text: '%pd', note: 'name of a struct dentry' },
  { text: '%pD', note: 'name of a struct file' },
];

/** Members of anonymous structs that are followed. */
const MAX_NESTED = 16;

const startingWith = (prefix: string, candidates: readonly Candidate[]): Candidate[] =>
  candidates.filter(({ text }) => text.startsWith(prefix));

/** The struct or union that a type is or, with `pointer`, points to: its type id. */
function composite(btf: Btf, id: number, pointer: boolean): number | undefined {
  let resolved = btf.skipModifiers(id);
  if (pointer) resolved = resolved?.type.kind === 'ptr' ? btf.skipModifiers(resolved.type.type) : undefined;
  return resolved?.type.kind === 'struct' || resolved?.type.kind === 'union' ? resolved.id : undefined;
}

/** Named members, those of anonymous structs among them. */
function membersOf(btf: Btf, id: number, nested = 0): BtfMember[] {
  const type = btf.skipModifiers(id)?.type;
  if (type?.kind !== 'struct' && type?.kind !== 'union') return [];
  return type.members.flatMap((member) => {
    if (member.name !== '') return [member];
    return nested < MAX_NESTED ? membersOf(btf, member.type, nested + 1) : [];
  });
}

/** Names with their types; a struct goes on with its members, and so may a pointer to one whose name stands there already. */
function typedNames(
  btf: Btf,
  prefix: string,
  names: readonly { readonly name: string; readonly type: number }[],
): Candidate[] {
  return names
    .filter(({ name }) => name.startsWith(prefix))
    .flatMap(({ name, type }) => {
      const note = typeText(btf, type);
      if (composite(btf, type, false) !== undefined) return [{ text: `${name}.`, note }];
      const goesOn = name === prefix && composite(btf, type, true) !== undefined;
      return goesOn ? [{ text: name, note }, { text: `${name}->` }] : [{ text: name, note }];
    });
}

/** `file->f_path.den`: what can stand behind the last arrow or dot. */
function completePath(btf: Btf, path: string, target: ArgumentTarget): Completion {
  const parts = path.split(/(->|\.)/);
  const last = parts.pop()!;
  const from = path.length - last.length;
  const root = parts[0];
  if (root === undefined) return { from, candidates: typedNames(btf, last, target.params) };
  let type = root === '$retval' ? target.returnType : target.params.find(({ name }) => name === root)?.type;
  for (let i = 1; i < parts.length; i += 2) {
    const arrow = parts[i] === '->';
    const struct = type === undefined || (i === 1 && !arrow) ? undefined : composite(btf, type, arrow);
    if (struct === undefined) break;
    const next = parts[i + 1];
    if (next === undefined) return { from, candidates: typedNames(btf, last, membersOf(btf, struct)) };
    type = btf.findMember(struct, next)?.member.type;
  }
  return { from, candidates: [] };
}

function variables(btf: Btf, { params, returnType }: ArgumentTarget): Candidate[] {
  const numbered = params.map(({ name, type }, i) => ({
    text: `$arg${i + 1}`,
    note: `${name}: ${typeText(btf, type)}`,
  }));
  return [
    ...(returnType === undefined ? [] : [{ text: '$retval', note: typeText(btf, returnType) }]),
    ...numbered,
    ...(params.length === 0 ? [] : [{ text: '$arg*', note: 'all arguments' }]),
    { text: '$comm', note: 'name of the task' },
    { text: '$stack', note: 'the stack pointer' },
    { text: '$stack0', note: 'a word of the stack' },
  ];
}

/** How one argument of a definition, `[NAME=]FETCH[:TYPE]`, can go on. */
export function completeArgument(btf: Btf, text: string, target: ArgumentTarget): Completion {
  const colon = text.indexOf(':');
  if (colon >= 0) return { from: colon + 1, candidates: startingWith(text.slice(colon + 1), FETCH_TYPES) };
  const start = Math.max(/^[A-Za-z_]\w*=/.exec(text)?.[0].length ?? 0, text.lastIndexOf('(') + 1);
  const piece = text.slice(start);
  if (/^\$\w*$/.test(piece)) {
    const goesOn =
      piece === '$retval' && target.returnType !== undefined && composite(btf, target.returnType, true) !== undefined;
    const found = startingWith(piece, variables(btf, target));
    return { from: start, candidates: goesOn ? [...found, { text: '$retval->' }] : found };
  }
  const { from, candidates } = completePath(btf, piece, target);
  return { from: start + from, candidates };
}
