import { Errno } from '../abi/errno.ts';
import type { TraceEventFile } from '../trace/event-file.ts';
import { parseActions } from './hist-actions.ts';
import type { HistAttributes } from './hist-attributes.ts';
import { HistData, type SortKey } from './hist-data.ts';
import { parseHistExpression } from './hist-expression.ts';
import { createHistField, type HistField, HistFlag, histFieldName, STACK_SIZE, STRING_SIZE } from './hist-field.ts';
import type { HistKernel } from './hist-kernel.ts';
import { findVar, hasVariables } from './hist-variables.ts';
import { MutableText } from './mutable-text.ts';
import { MapLimit } from './tracing-map.ts';

/** Most bytes of a key: a string and a stack. */
const KEY_SIZE_MAX = STRING_SIZE + STACK_SIZE;

/** Modifiers that values, and variables, cannot have. */
const NOT_FOR_VARS = HistFlag.GRAPH | HistFlag.PERCENT | HistFlag.BUCKET | HistFlag.LOG2;
const NOT_FOR_VALS = NOT_FOR_VARS | HistFlag.SYM | HistFlag.SYM_OFFSET | HistFlag.SYSCALL | HistFlag.STACKTRACE;

/**
 * Makes a histogram of the words of a command, without room for its counts (`create_hist_data()`).
 * @returns the histogram, or a negative errno
 */
export function createHist(
  kernel: HistKernel,
  file: TraceEventFile,
  attributes: HistAttributes,
  remove: boolean,
): HistData | number {
  const hist = new HistData(kernel, file, attributes, remove);
  for (const step of [parseActions, parseDefinitions, createVals, createVars, createKeys, createSortKeys, numberVars]) {
    const ret = step(hist);
    if (ret < 0) return ret;
  }
  return hist;
}

function parseDefinitions(hist: HistData): number {
  const { log } = hist.kernel;
  const { array } = hist.file;
  const definitions: { name: string; expression: MutableText }[] = [];
  hist.definitions = definitions;
  for (const assignment of hist.attributes.assignments) {
    for (const word of assignment.split(',').slice(0, MapLimit.VARS)) {
      const equals = word.indexOf('=');
      const name = equals < 0 ? word : word.slice(0, equals);
      if (equals < 0 || definitions.length === MapLimit.VARS) {
        log.add(array, equals < 0 ? 'MALFORMED_ASSIGNMENT' : 'TOO_MANY_VARS', name);
        return -Errno.EINVAL;
      }
      definitions.push({ name, expression: MutableText.of(word.slice(equals + 1)) });
    }
  }
  return 0;
}

function createVals(hist: HistData): number {
  hist.vals.push(createHistField(hist, undefined, HistFlag.HITCOUNT)!);
  const { vals, noHitcount } = hist.attributes;
  const words = vals?.split(',') ?? [];
  let hitcounts = 0;
  let taken = 0;
  let ret = 0;
  while (taken < MapLimit.VALS && hist.vals.length < MapLimit.VALS && taken < words.length) {
    const word = words[taken++]!;
    if (word === 'hitcount' && hitcounts++ === 0) continue;
    ret = createVal(hist, MutableText.of(word), 0);
    if (ret < 0) break;
  }
  if (ret === 0 && taken < words.length && words.slice(taken).join(',') !== 'hitcount') ret = -Errno.EINVAL;
  if (hist.vals.length === 1 && ret === 0 && noHitcount) {
    hist.kernel.log.add(hist.file.array, 'NEED_NOHC_VAL');
    return -Errno.ENOENT;
  }
  return ret;
}

/** A value or a variable (`__create_val_field()`). */
function createVal(hist: HistData, piece: MutableText, flags: number, varName?: string): number {
  const field = parseHistExpression(hist, hist.file, piece, flags, varName);
  if (typeof field === 'number') return field;
  if (field.is(field.is(HistFlag.VAR) ? NOT_FOR_VARS : NOT_FOR_VALS)) {
    hist.kernel.log.add(hist.file.array, 'BAD_FIELD_MODIFIER', piece.text);
    return -Errno.EINVAL;
  }
  hist.vals.push(field);
  return 0;
}

function createVars(hist: HistData): number {
  for (const { name, expression } of hist.definitions) {
    if (findVar(hist, hist.file, name) && !hist.remove) {
      hist.kernel.log.add(hist.file.array, 'DUPLICATE_VAR', name);
      return -Errno.EINVAL;
    }
    hist.varCount++;
    const ret = createVal(hist, expression, HistFlag.VAR, name);
    if (ret < 0) return ret;
    const field = hist.vals.at(-1)!;
    if (field.is(HistFlag.EXECNAME)) nameVariable(field);
    if (field.is(HistFlag.STRING | HistFlag.STACKTRACE)) field.textIndex = hist.varTexts++;
  }
  return 0;
}

/** A variable of `common_pid.execname` holds the task's name (`update_var_execname()`). */
function nameVariable(field: HistField): void {
  field.flags = HistFlag.STRING | HistFlag.VAR | HistFlag.EXECNAME;
  field.size = STRING_SIZE;
  field.signed = false;
  field.type = 'char[]';
  field.source = 'execname';
}

function createKeys(hist: HistData): number {
  const words = hist.attributes.keys.split(',');
  for (const word of words.slice(0, MapLimit.KEYS)) {
    const ret = createKey(hist, word);
    if (ret < 0) return ret;
  }
  return words.length > MapLimit.KEYS ? -Errno.EINVAL : 0;
}

function createKey(hist: HistData, word: string): number {
  const piece = MutableText.of(word);
  const field =
    word === 'stacktrace'
      ? createHistField(hist, undefined, HistFlag.KEY | HistFlag.STACKTRACE)!
      : parseHistExpression(hist, hist.file, piece, HistFlag.KEY);
  if (typeof field === 'number') return field;
  if (hasVariables(field)) {
    hist.kernel.log.add(hist.file.array, 'INVALID_REF_KEY', piece.text);
    return -Errno.EINVAL;
  }
  field.size = (field.size + 7) & ~7;
  field.offset = hist.keySize;
  hist.keySize += field.size;
  if (hist.keySize > KEY_SIZE_MAX) return -Errno.EINVAL;
  hist.keys.push(field);
  return 0;
}

/** What a sort key's modifier says; −EINVAL for one that is none. */
function isDescending(hist: HistData, modifier: string | undefined): boolean | number {
  if (modifier === undefined || modifier === 'ascending') return false;
  if (modifier === 'descending') return true;
  hist.kernel.log.add(hist.file.array, 'INVALID_SORT_MODIFIER', modifier);
  return -Errno.EINVAL;
}

function createSortKeys(hist: HistData): number {
  const { sort } = hist.attributes;
  if (sort === undefined) {
    hist.sortKeys = [{ index: 0, descending: false }];
    return 0;
  }
  const { log } = hist.kernel;
  const { array } = hist.file;
  const words = sort.split(',');
  const sortKeys: SortKey[] = [];
  for (const [i, word] of words.entries()) {
    const dot = word.indexOf('.');
    const name = dot < 0 ? word : word.slice(0, dot);
    const tooMany = word !== '' && i === MapLimit.SORT_KEYS - 1 && words.length > MapLimit.SORT_KEYS;
    if (tooMany || name === '') {
      log.add(array, tooMany ? 'TOO_MANY_SORT_FIELDS' : 'EMPTY_SORT_FIELD', 'sort=');
      return -Errno.EINVAL;
    }
    const index = sortIndex(hist, name);
    if (index < 0) {
      log.add(array, 'INVALID_SORT_FIELD', name);
      return -Errno.EINVAL;
    }
    const descending = isDescending(hist, dot < 0 ? undefined : word.slice(dot + 1));
    if (typeof descending === 'number') return descending;
    sortKeys.push({ index, descending });
  }
  hist.sortKeys = sortKeys;
  return 0;
}

/** Number of a sum or key among those of the map, by the name that a sort key gives; −1 when there is none. */
function sortIndex(hist: HistData, name: string): number {
  if (name === 'hitcount') return 0;
  const sortable = hist.fields.filter((field) => !field.is(HistFlag.VAR));
  return sortable.findIndex((field, i) => i > 0 && histFieldName(field) === name);
}

/** Gives sums, keys and variables their numbers (`create_tracing_map_fields()`). */
function numberVars(hist: HistData): number {
  for (const field of hist.fields) {
    if (!field.is(HistFlag.VAR)) continue;
    const index = hist.addMapVar();
    if (index < 0) return index;
    field.varIndex = index;
    field.varHist = hist;
  }
  return 0;
}
