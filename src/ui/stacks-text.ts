import { ShadowLayout } from '../fgraph/index.ts';
import type { EngineSnapshot, SnapshotFrame, SnapshotTask, SnapshotWord } from '../fprobe/index.ts';
import type { Arch } from '../machine/index.ts';

/** What the drawing asks about what it draws. */
export interface StackNames {
  readonly arch: Arch;
  /** Words that frames may fill. */
  readonly room: number;
  /** An address of code as `%pS` prints it. */
  symbolAt(address: bigint): string;
  /** What an fprobe keeps in the n-th word of its entry data; undefined when nobody knows. */
  dataName(fprobe: string, n: number): string | undefined;
}

const WIDE = 72;
const hex = (value: bigint) => value.toString(16).padStart(16, '0');
const row = (index: number | string, value: string, text: string) =>
  `${String(index).padStart(5)} │ ${value.padEnd(16)} │ ${text}`.trimEnd();
const line = (left: string, middle: string, title = '') =>
  `${' '.repeat(6)}${left}${'─'.repeat(18)}${middle}${title === '' ? '' : `─ ${title} `}${'─'.repeat(Math.max(0, WIDE - (title === '' ? 0 : title.length + 3)))}`;

/** What a word is, in words and bit fields. */
export function wordMeaning(word: SnapshotWord, names: StackNames): string {
  switch (word.kind) {
    case 'ret':
      return `ret     ${names.symbolAt(word.value)}`;
    case 'func':
      return `func    ${names.symbolAt(word.value)}`;
    case 'fp':
      return 'fp      frame pointer, compared at the return';
    case 'retp':
      return names.arch.returnOnStack
        ? 'retp    where on the stack the return address is'
        : 'retp    stack pointer at the entry';
    case 'reserved':
      return `reserved  type 0, back ${word.back}: no op has been asked yet`;
    case 'bitmap':
      return `bitmap  type 1, back ${word.back}, ops ${word.ops.join(' ')} want the return`;
    case 'data':
      return `data    type 2, back ${word.back}, op ${word.op}, size ${word.size}`;
    case 'payload':
      return payload(word, names);
  }
}

function payload(word: SnapshotWord & { kind: 'payload' }, names: StackNames): string {
  const { fprobe, dataSize = 0, n = 0 } = word;
  const owner = fprobe ?? 'no live fprobe';
  const packed = names.arch.header.kind === 'packed';
  switch (word.holds) {
    case 'header':
      return packed ? `  header  size ${dataSize}, pointer to ${owner}` : `  header  pointer to ${owner}`;
    case 'header-size':
      return `  header  size ${dataSize}`;
    case 'entry-data': {
      const name = fprobe === undefined ? undefined : names.dataName(fprobe, n);
      return `    word ${n} of ${owner}${name === undefined ? '' : `: ${name}`}`;
    }
    case 'unused':
      return '  unused: zero';
    case 'unwritten':
      return '  reserved for fprobe, not written yet';
    default:
      return `  word ${word.at} of op ${word.op}`;
  }
}

function frameLines(frame: SnapshotFrame, names: StackNames): string[] {
  const words = frame.words.toReversed().map((word) => row(word.index, hex(word.value), wordMeaning(word, names)));
  return [...words, line('├', '┼', `${frame.function}, from word ${frame.start}`)];
}

function taskText(task: SnapshotTask, ops: EngineSnapshot['graphOps'], names: StackNames): string {
  const { TASK_VARS, OPS } = ShadowLayout;
  const where = task.cpu === undefined ? 'not running' : `on cpu ${task.cpu}`;
  const head = `${task.comm}-${task.pid}, ${where}: curr_ret_stack ${task.current}, curr_ret_depth ${task.depth}, trace_overrun ${task.overrun}`;
  const vars = new Map(task.taskVars.map(({ op, value }) => [op, value]));
  const taskVar = (op: number) =>
    row(
      TASK_VARS + op,
      hex(BigInt(vars.get(op) ?? 0)),
      `task variable of graph op ${op}${ops.some(({ index }) => index === op) ? '' : ', which is free'}`,
    );
  const shown = [...new Set([OPS - 1, ...vars.keys(), ...ops.map(({ index }) => index)])].toSorted((a, b) => b - a);
  const variables = shown.flatMap((op, i) => [
    ...(i > 0 && shown[i - 1]! - op > 1 ? [row('…', '', '')] : []),
    taskVar(op),
  ]);
  const frames = task.frames.toReversed().flatMap((frame) => frameLines(frame, names));
  return [
    head,
    '',
    line('┌', '┬'),
    ...variables,
    line('├', '┼'),
    row('…', '', `free; no frame ends beyond word ${names.room - 1}`),
    row(task.current, '', '← curr_ret_stack'),
    line('├', '┼'),
    ...frames.slice(0, -1),
    frames.at(-1)!.replace('├', '└').replace('┼', '┴'),
    '',
  ].join('\n');
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows
    .map((cells) => ` ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd())
    .join('\n');
}

function ipTable({ ipTable, addresses }: EngineSnapshot): string {
  const rows = ipTable.map(({ bucket, address, place, fprobes }) => [
    String(bucket),
    hex(address),
    place,
    fprobes.join(' → '),
  ]);
  const more = addresses > ipTable.length ? `\n … and ${addresses - ipTable.length} more` : '';
  return `fprobe_ip_table: ${addresses} function${addresses === 1 ? '' : 's'} in 256 buckets, by hash of the address\n${table([['bucket', 'address', 'function', 'fprobes, in the order of their calls'], ...rows])}${more}\n`;
}

function fprobeTable({ fprobeTable: fprobes }: EngineSnapshot): string {
  const rows = fprobes.map(({ bucket, address, name, handlers, dataWords, functions, nmissed, disabled }) => [
    String(bucket),
    hex(address),
    `${name}${disabled ? ' (disabled)' : ''}`,
    handlers.join(' '),
    String(dataWords),
    String(functions),
    String(nmissed),
  ]);
  return `fprobe_table: ${fprobes.length} fprobe${fprobes.length === 1 ? '' : 's'} in 64 buckets, by hash of the pointer\n${table([['bucket', 'pointer', 'fprobe', 'handlers', 'data words', 'functions', 'nmissed'], ...rows])}\n`;
}

/** Where the fields of the words are. */
function legend({ arch }: StackNames): string {
  const header =
    arch.header.kind === 'packed'
      ? `header: size bits 60–63 over the pointer, whose own are 0x${arch.header.pattern.toString(16)}`
      : 'header: a word for the pointer, a word for the size';
  return `fields: back bits 0–9, type bits 10–11, ops bits 12–27; of data: size less one bits 12–16, op bits 17–20\n${header}\n`;
}

/** Draws the live shadow stacks, the innermost frame on top as they grow, and the two tables below them. */
export function stacksText(snapshot: EngineSnapshot, names: StackNames): string {
  const { graphOps, tasks, emptyTasks } = snapshot;
  const ops = graphOps.map(({ index, entry, return: exit }) => `graph op ${index}: ${entry}, ${exit}\n`).join('');
  const stacks = tasks.map((task) => `${taskText(task, graphOps, names)}\n`).join('');
  const others =
    emptyTasks > 0 ? `${emptyTasks} ${tasks.length > 0 ? 'more ' : ''}tasks have an empty shadow stack\n` : '';
  return `${ops}\n${stacks}${others}${legend(names)}\n${ipTable(snapshot)}\n${fprobeTable(snapshot)}`;
}
