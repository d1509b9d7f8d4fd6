import { syscallName } from '../abi/syscall-numbers.ts';
import { bytesText } from '../trace/print-fields.ts';
import type { HistAction } from './hist-actions.ts';
import type { HistData } from './hist-data.ts';
import { type HistField, HistFlag, histFieldName, isStringField, STACK_DEPTH } from './hist-field.ts';
import { histTriggerText } from './hist-spec.ts';
import { SnapshotCondition } from './hist-track.ts';
import type { HistTrigger } from './hist-trigger.ts';
import { COMM_SIZE, TEXT_SIZE } from './tracing-map.ts';
import { bigOf, compare } from './u64.ts';

/** Where a key and the name that goes with it are. */
interface KeyPlace {
  readonly key: Uint8Array;
  readonly at: number;
  readonly comm: string;
}

const decimal = (value: bigint) => value.toString().padStart(10);

function wordAt(bytes: Uint8Array, at: number): bigint {
  let value = 0n;
  for (let i = 7; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  return value;
}

function symbolText(hist: HistData, address: bigint, withOffset: boolean): string {
  const { printContext } = hist.kernel.tracing;
  const [lo, hi] = [Number(address & 0xffffffffn), Number(address >> 32n)];
  return printContext.symbol(lo, hi, withOffset) ?? `0x${address.toString(16)}`;
}

function stackText(hist: HistData, { key, at }: KeyPlace): string {
  let text = '';
  for (let i = 0; i < STACK_DEPTH; i++) {
    const address = wordAt(key, at + 8 * i);
    if (address === 0n) break;
    text += `         ${symbolText(hist, address, true)}\n`;
  }
  return text;
}

/** One field of a key as the histogram shows it (`hist_trigger_print_key()`). */
function keyFieldText(hist: HistData, field: HistField, place: KeyPlace): string {
  const at = place.at + field.offset;
  const value = wordAt(place.key, at);
  const named = (text: string) => `${histFieldName(field)}: ${text}`;
  const { flags } = field;
  if (flags & HistFlag.HEX) return named(value.toString(16));
  if (flags & HistFlag.SYM) return named(`[${value.toString(16)}] ${symbolText(hist, value, false).padEnd(45)}`);
  if (flags & HistFlag.SYM_OFFSET) return named(`[${value.toString(16)}] ${symbolText(hist, value, true).padEnd(55)}`);
  if (flags & HistFlag.EXECNAME) return named(`${place.comm.padEnd(16)}[${decimal(value)}]`);
  if (flags & HistFlag.SYSCALL) {
    const name = syscallName(BigInt.asIntN(32, value));
    const text = name === undefined ? 'unknown_syscall' : `sys_${name}`;
    return named(`${text.padEnd(30)}[${value.toString().padStart(3)}]`);
  }
  if (flags & HistFlag.STACKTRACE) {
    const name = field.field ? `${field.field.name}.stacktrace` : 'common_stacktrace:\n';
    return `${name}${stackText(hist, { ...place, at })}`;
  }
  if (flags & HistFlag.LOG2) return named(`~ 2^${value.toString().padEnd(2)}`);
  if (flags & HistFlag.BUCKET) return named(`~ ${value}-${BigInt.asUintN(64, value + field.buckets - 1n)}`);
  if (flags & HistFlag.STRING) return named(bytesText(place.key, at, field.size).padEnd(50));
  return named(decimal(value));
}

function keyText(hist: HistData, place: KeyPlace): string {
  const stack = hist.keys.some(
    (field) =>
      !field.is(HistFlag.HEX | HistFlag.SYM | HistFlag.SYM_OFFSET | HistFlag.EXECNAME | HistFlag.SYSCALL) &&
      field.is(HistFlag.STACKTRACE),
  );
  return `{ ${hist.keys.map((field) => keyFieldText(hist, field, place)).join(', ')}${stack ? '' : ' '}}`;
}

function sumText(hist: HistData, element: number, index: number, name: string, flags: number): string {
  const { map } = hist;
  const at = map.sumAt(element, index);
  const value = bigOf(map.sums[at]!, map.sums[at + 1]!);
  return ` ${name}: ${flags & HistFlag.HEX ? value.toString(16).padStart(10) : decimal(value)}`;
}

function valuesText(hist: HistData, element: number): string {
  let text = hist.attributes.noHitcount ? '' : sumText(hist, element, 0, 'hitcount', 0);
  for (const [i, field] of hist.vals.entries()) {
    if (i === 0) continue;
    const name = histFieldName(field);
    if (!field.is(HistFlag.VAR | HistFlag.EXPR)) text += ` ${sumText(hist, element, i, name, field.flags)}`;
  }
  return text;
}

/** What onmax() and onchange() know of an element (`track_data_print()`). */
function trackText(hist: HistData, element: number, action: HistAction): string {
  const { map } = hist;
  const variable = (index: number) => {
    const at = map.varAt(element, index);
    return bigOf(map.vars[2 * at]!, map.vars[2 * at + 1]!);
  };
  const head = `\n\t${action.handler === 'onmax' ? 'max' : 'changed'}: ${decimal(variable(action.trackVar!.varIndex))}`;
  const saved = hist.saveVars.map(({ variable: saved, value }) => {
    const content = variable(saved.varIndex);
    if (!value.is(HistFlag.STRING)) return `  ${saved.varName}: ${decimal(content)}`;
    const text = content ? bytesText(map.texts, Number(content & 0xffffffffn), TEXT_SIZE) : '(null)';
    return `  ${saved.varName}: ${text.padEnd(32)}`;
  });
  return head + saved.join('');
}

function entryText(hist: HistData, element: number): string {
  const { map } = hist;
  const place = {
    key: map.keys,
    at: element * hist.keySize,
    comm: bytesText(map.comms, element * COMM_SIZE, map.shape.comm ? COMM_SIZE : 0),
  };
  const tracked = hist.actions
    .filter(({ kind, handler }) => kind !== 'snapshot' && handler !== 'onmatch')
    .map((action) => trackText(hist, element, action));
  return `${keyText(hist, place)}${valuesText(hist, element)}${tracked.join('')}\n`;
}

/** Compares elements by a sum or a key, by its number among the fields that can be sorted by. */
function comparison(hist: HistData, index: number): (a: number, b: number) => number {
  const { map } = hist;
  const sums = hist.vals.length - hist.varCount;
  if (index < sums) {
    return (a, b) => {
      const [left, right] = [map.sumAt(a, index), map.sumAt(b, index)];
      return compare(map.sums[left]!, map.sums[left + 1]!, map.sums[right]!, map.sums[right + 1]!);
    };
  }
  const field = hist.keys[index - sums]!;
  const at = (element: number) => element * hist.keySize + field.offset;
  if (field.is(HistFlag.STACKTRACE)) return () => 0;
  if (field.field && !field.is(HistFlag.CPU) && isStringField(field.field))
    return compareTexts(map.keys, at, field.size);
  const { size, signed } = field.field && !field.is(HistFlag.CPU) ? field.field : field;
  return compareNumbers(map.keys, at, size, signed);
}

function compareTexts(keys: Uint8Array, at: (element: number) => number, size: number) {
  return (a: number, b: number) => {
    const [left, right] = [at(a), at(b)];
    for (let i = 0; i < size; i++) {
      const difference = keys[left + i]! - keys[right + i]!;
      if (difference !== 0 || keys[left + i] === 0) return difference;
    }
    return 0;
  };
}

/** Compares as many bytes as the event's field has; other sizes are all equal. */
function compareNumbers(keys: Uint8Array, at: (element: number) => number, size: number, signed: boolean) {
  if (![1, 2, 4, 8].includes(size)) return () => 0;
  const value = (element: number) => {
    const word = wordAt(keys, at(element));
    return signed ? BigInt.asIntN(8 * size, word) : BigInt.asUintN(8 * size, word);
  };
  return (a: number, b: number) => {
    const [left, right] = [value(a), value(b)];
    return left > right ? 1 : left < right ? -1 : 0;
  };
}

/** Which hit took the snapshot (`track_data_snapshot_print()`). */
function snapshotText(hist: HistData): string {
  const condition = hist.file.array.snapshotCondition;
  if (!(condition instanceof SnapshotCondition) || !condition.taken) return '';
  const action = hist.actions.find(({ kind }) => kind === 'snapshot');
  if (!action) return '';
  const { key, value, comm } = condition;
  const what = `${action.handler}(${action.varText})`;
  const place = { key, at: 0, comm: bytesText(comm, 0, COMM_SIZE) };
  return (
    '\nSnapshot taken (see tracing/snapshot).  Details:\n' +
    `\ttriggering value { ${what} }: ${decimal(bigOf(value[0]!, value[1]!))}` +
    `\ttriggered by event with key: ${keyText(hist, place)}\n`
  );
}

/** A histogram as the `hist` file shows it (`hist_trigger_show()`). */
export function histText(trigger: HistTrigger): string {
  const { hist } = trigger;
  const { map } = hist;
  const head = `# event histogram\n#\n# trigger info: ${histTriggerText(trigger)}\n#\n\n`;
  const orders = hist.sortKeys.map(({ index, descending }) => {
    const order = comparison(hist, index);
    return descending ? (a: number, b: number) => -order(a, b) : order;
  });
  const entries = map.sorted(orders).map((element) => entryText(hist, element));
  return [
    head,
    ...entries,
    snapshotText(hist),
    `\nTotals:\n    Hits: ${map.hits}\n    Entries: ${entries.length}\n    Dropped: ${map.drops}\n`,
  ].join('');
}
