import { Errno } from '../abi/errno.ts';
import { isDigit } from '../trace/ctype.ts';
import { type EventField, findEventField } from '../trace/event-field.ts';
import type { TraceEventFile } from '../trace/event-file.ts';
import { kstrtoull } from '../trace/kstrtox.ts';
import type { HistData } from './hist-data.ts';
import {
  createHistField,
  type HistField,
  HistFlag,
  type HistOperator,
  histFieldName,
  modifierName,
} from './hist-field.ts';
import { createVarRef, findEventVar, findVarField, referTo } from './hist-variables.ts';
import { MutableText } from './mutable-text.ts';

/** Most operators of one expression. */
const SUBEXPRESSIONS_MAX = 3;

/** What is being parsed, and how many operators it had so far. */
interface Parsing {
  readonly hist: HistData;
  readonly file: TraceEventFile;
  operators: number;
}

/** The operator at which an expression falls into two: the last of the weakest (`contains_operator()`). */
function rootOperator(text: string): { readonly operator: HistOperator; readonly at: number } | undefined {
  const minus = text.lastIndexOf('-');
  if (minus === 0) return { operator: 'unary-', at: 0 };
  const plus = text.lastIndexOf('+');
  if (plus >= 0 || minus >= 0) return plus > minus ? { operator: '+', at: plus } : { operator: '-', at: minus };
  const divide = text.lastIndexOf('/');
  const multiply = text.lastIndexOf('*');
  if (multiply > divide) return { operator: '*', at: multiply };
  return divide >= 0 ? { operator: '/', at: divide } : undefined;
}

/**
 * Parses a key, a value or a variable: a field, a number, a reference, or these with operators between them, from left to right
 * (`parse_expr()`).
 * @param flags of {@link HistFlag}: what it is to be
 * @returns the field, or a negative errno; why is in `error_log`
 */
export function parseHistExpression(
  hist: HistData,
  file: TraceEventFile,
  text: MutableText,
  flags: number,
  varName?: string,
): HistField | number {
  return parseExpression({ hist, file, operators: 0 }, text, flags, varName);
}

function parseExpression(parsing: Parsing, text: MutableText, flags: number, varName?: string): HistField | number {
  const { hist, file } = parsing;
  if (parsing.operators > SUBEXPRESSIONS_MAX) {
    hist.kernel.log.add(file.array, 'TOO_MANY_SUBEXPR', text.text);
    return -Errno.EINVAL;
  }
  const root = rootOperator(text.text);
  if (!root) return parseAtom(hist, file, text, flags, varName);
  return root.operator === 'unary-'
    ? parseUnary(parsing, text, flags, varName)
    : parseBinary(parsing, text, root, { flags, varName });
}

/** `-(…)`, which must be all of the expression. */
function parseUnary(parsing: Parsing, text: MutableText, flags: number, varName?: string): HistField | number {
  const { hist, file } = parsing;
  const { log } = hist.kernel;
  if (++parsing.operators > SUBEXPRESSIONS_MAX) {
    log.add(file.array, 'TOO_MANY_SUBEXPR', text.text);
    return -Errno.EINVAL;
  }
  if (!text.from(1).text.includes('(')) return -Errno.EINVAL;
  const inner = text.from(2);
  const close = inner.text.lastIndexOf(')');
  if (close < 0) return -Errno.EINVAL;
  if (close !== inner.text.length - 1) {
    log.add(file.array, 'UNARY_MINUS_SUBEXPR', inner.text);
    return -Errno.EINVAL;
  }
  inner.cut(close);
  const operand = parseExpression(parsing, inner, 0);
  if (typeof operand === 'number') return operand;
  if (operand.is(HistFlag.STRING)) {
    log.add(file.array, 'INVALID_STR_OPERAND', inner.text);
    return -Errno.EINVAL;
  }
  const made = createHistField(hist, undefined, flags | HistFlag.EXPR, varName)!;
  made.flags |= operand.flags & (HistFlag.TIMESTAMP | HistFlag.TIMESTAMP_USECS);
  made.operands = [operand];
  made.operator = 'unary-';
  takeShape(made, operand);
  return made;
}

function takeShape(made: HistField, operand: HistField): void {
  made.source = 'expression';
  made.size = operand.size;
  made.signed = operand.signed;
  made.type = operand.type;
  made.name = expressionText(made);
}

/** The variable behind an operand that refers to one, else itself; a negative errno when there is none (`check_expr_operands()`). */
function behind(operand: HistField): HistField | number {
  if (!operand.is(HistFlag.VAR_REF | HistFlag.ALIAS)) return operand;
  return (operand.varHist && findVarField(operand.varHist, operand.name ?? '')) ?? -Errno.EINVAL;
}

function parseBinary(
  parsing: Parsing,
  text: MutableText,
  root: { readonly operator: HistOperator; readonly at: number },
  { flags, varName }: { readonly flags: number; readonly varName: string | undefined },
): HistField | number {
  const { hist, file } = parsing;
  const { log } = hist.kernel;
  parsing.operators++;
  const right = text.cut(root.at);
  if (text.text === '' || right.text === '') return -Errno.EINVAL;
  const operands: HistField[] = [];
  for (const side of [text, right]) {
    const operand = parseExpression(parsing, side, 0);
    if (typeof operand === 'number') return operand;
    if (operand.is(HistFlag.STRING)) {
      log.add(file.array, 'INVALID_STR_OPERAND', side.text);
      return -Errno.EINVAL;
    }
    operands.push(operand);
  }
  const [left, second] = operands as [HistField, HistField];
  const [leftIs, secondIs] = [behind(left), behind(second)];
  if (typeof leftIs === 'number') return leftIs;
  if (typeof secondIs === 'number') return secondIs;
  if ((leftIs.flags ^ secondIs.flags) & HistFlag.TIMESTAMP_USECS) {
    log.add(file.array, 'TIMESTAMP_MISMATCH');
    return -Errno.EINVAL;
  }
  const constant = leftIs.is(HistFlag.CONST) && secondIs.is(HistFlag.CONST);
  const own = left.flags & (HistFlag.TIMESTAMP | HistFlag.TIMESTAMP_USECS);
  const made = createHistField(hist, undefined, flags | own | (constant ? HistFlag.CONST : HistFlag.EXPR), varName)!;
  left.readOnce = true;
  second.readOnce = true;
  if (root.operator === '/' && secondIs.is(HistFlag.CONST)) {
    if (secondIs.constant === 0n) {
      log.add(file.array, 'DIVISION_BY_ZERO', right.text);
      return -Errno.EDOM;
    }
    second.constant = secondIs.constant;
  }
  if (constant) {
    made.constant = BigInt.asUintN(64, fold(root.operator, leftIs.constant, secondIs.constant));
    made.name = expressionText(made);
  } else {
    made.operands = operands;
    made.operator = root.operator;
    takeShape(made, left);
  }
  return made;
}

function fold(operator: HistOperator, a: bigint, b: bigint): bigint {
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  return operator === '*' ? a * b : a / b;
}

/** How an operand reads in the text of an expression. */
function operandText(field: HistField): string {
  const reference = field.is(HistFlag.VAR_REF);
  const constant = field.is(HistFlag.CONST) ? field.constant.toString() : '';
  const modifier = field.flags !== 0 && !reference ? modifierName(field) : undefined;
  return `${reference ? '$' : constant}${histFieldName(field)}${modifier === undefined ? '' : `.${modifier}`}`;
}

/** Text of an expression, `undefined` for one whose parts have none (`expr_str()`). */
function expressionText(field: HistField, level = 0): string | undefined {
  const [left, right] = field.operands;
  if (level > 1) return undefined;
  if (!left) return operandText(field);
  if (field.operator === 'unary-') {
    const inner = expressionText(left, level + 1);
    return inner === undefined ? undefined : `-(${inner})`;
  }
  return field.operator && right && `${operandText(left)}${field.operator}${operandText(right)}`;
}

/** `$name` */
const isReference = (text: string) => text.length >= 2 && text.startsWith('$');

/**
 * The expression of a variable that is defined in the same command, when a reference to it can stand for that: it is used in place of the reference
 * (`local_field_var_ref()`).
 */
function localExpression(
  { file, definitions }: HistData,
  system: string | undefined,
  event: string | undefined,
  text: string,
): string | undefined {
  const { call } = file;
  if (system !== undefined && event !== undefined && (system !== call.system || event !== call.name)) return undefined;
  if (!isReference(text)) return undefined;
  const name = text.slice(1);
  return definitions.find(
    (definition) =>
      definition.name === name && !rootOperator(definition.expression.text) && !isReference(definition.expression.text),
  )?.expression.text;
}

/** A field of the event, a number, or a reference to a variable (`parse_atom()`). */
function parseAtom(
  hist: HistData,
  file: TraceEventFile,
  text: MutableText,
  flags: number,
  varName?: string,
): HistField | number {
  const { log } = hist.kernel;
  const whole = text.text;
  if (isDigit(whole.charCodeAt(0))) {
    const constant = kstrtoull(whole, 0);
    if (constant.errno !== undefined) {
      log.add(file.array, 'EXPECT_NUMBER', whole);
      return -Errno.EINVAL;
    }
    const made = createHistField(hist, undefined, flags | HistFlag.CONST, varName)!;
    made.constant = constant.value;
    return made;
  }
  const { system, event, rest } = splitQualified(text);
  const local = localExpression(hist, system, event, rest.text);
  if (local === undefined) {
    const reference = parseReference(hist, system, event, rest.text);
    if (reference) return varName === undefined ? reference : createAlias(hist, reference, varName);
  }
  return parseField(hist, file, local ?? rest.text, flags, varName);
}

/** Takes `SYSTEM.EVENT.` off the front of a text with two dots. */
function splitQualified(text: MutableText): {
  readonly system: string | undefined;
  readonly event: string | undefined;
  readonly rest: MutableText;
} {
  const whole = text.text;
  const first = whole.indexOf('.');
  const second = first < 0 ? -1 : whole.indexOf('.', first + 1);
  if (second < 0) return { system: undefined, event: undefined, rest: text };
  const afterSystem = text.cut(first);
  const rest = afterSystem.cut(second - first - 1);
  return { system: text.text, event: afterSystem.text, rest };
}

function parseReference(
  hist: HistData,
  system: string | undefined,
  event: string | undefined,
  text: string,
): HistField | undefined {
  if (!isReference(text)) return undefined;
  const name = text.slice(1);
  const variable = findEventVar(hist, system, event, name);
  const reference = variable && createVarRef(hist, variable, system, event);
  if (!reference) hist.kernel.log.add(hist.file.array, 'VAR_NOT_FOUND', name);
  return reference;
}

/** A variable that takes the value of another one (`create_alias()`). */
function createAlias(hist: HistData, reference: HistField, varName: string): HistField {
  const alias = createHistField(hist, undefined, HistFlag.ALIAS | HistFlag.VAR, varName)!;
  alias.source = reference.source;
  alias.operands = [reference];
  referTo(alias, reference, reference.system, reference.event);
  alias.refIndex = reference.refIndex;
  return alias;
}

const MODIFIERS: Readonly<Record<string, number>> = {
  hex: HistFlag.HEX,
  sym: HistFlag.SYM,
  // A minus would be an operator: the command was changed before it was parsed.
  symXoffset: HistFlag.SYM_OFFSET,
  syscall: HistFlag.SYSCALL,
  stacktrace: HistFlag.STACKTRACE,
  log2: HistFlag.LOG2,
  usecs: HistFlag.TIMESTAMP_USECS,
};

/** What a modifier makes of a field; a text is what is wrong with it. */
interface Modified {
  readonly flags: number;
  readonly buckets: bigint;
}

function applyModifier(modifier: string, name: string, flags: number): Modified | string {
  const of = (flag: number): Modified => ({ flags: flags | flag, buckets: 0n });
  if (Object.hasOwn(MODIFIERS, modifier)) return of(MODIFIERS[modifier]!);
  if (modifier === 'execname' && name === 'common_pid') return of(HistFlag.EXECNAME);
  if (modifier.startsWith('bucket')) {
    const rest = modifier.slice(modifier[6] === 's' ? 7 : 6);
    if (!rest.startsWith('=')) return rest;
    const width = kstrtoull(rest.slice(1), 0);
    if (width.errno !== undefined || width.value === 0n) return rest.slice(1);
    return { flags: flags | HistFlag.BUCKET, buckets: width.value };
  }
  const scale = modifier.startsWith('percent')
    ? HistFlag.PERCENT
    : modifier.startsWith('graph')
      ? HistFlag.GRAPH
      : undefined;
  return scale === undefined || flags & (HistFlag.VAR | HistFlag.KEY) ? modifier : of(scale);
}

/** What fields that are in no record are, by the name that they have in histograms. */
const COMMON_FIELDS: Readonly<Record<string, number>> = {
  common_timestamp: HistFlag.TIMESTAMP,
  common_stacktrace: HistFlag.STACKTRACE,
  common_cpu: HistFlag.CPU,
  common_comm: HistFlag.COMM | HistFlag.STRING,
  hitcount: HistFlag.HITCOUNT,
};

/** `FIELD[.MODIFIER]` (`parse_field()`) */
function parseField(
  hist: HistData,
  file: TraceEventFile,
  text: string,
  wanted: number,
  varName: string | undefined,
): HistField | number {
  const { log } = hist.kernel;
  const dot = text.indexOf('.');
  const name = dot < 0 ? text : text.slice(0, dot);
  const modified = dot < 0 ? { flags: wanted, buckets: 0n } : applyModifier(text.slice(dot + 1), name, wanted);
  if (typeof modified === 'string') {
    log.add(file.array, 'BAD_FIELD_MODIFIER', modified);
    return -Errno.EINVAL;
  }
  let { flags } = modified;
  let field: EventField | undefined;
  if (Object.hasOwn(COMMON_FIELDS, name)) flags |= COMMON_FIELDS[name]!;
  else {
    field = findEventField(file.call.fields, name);
    if (!field?.size) {
      const generic = field && genericFlags(field);
      if (generic === undefined) {
        log.add(file.array, 'FIELD_NOT_FOUND', name);
        return -Errno.EINVAL;
      }
      flags |= generic;
    }
  }
  if (flags & HistFlag.TIMESTAMP) {
    hist.enableTimestamps = true;
    if (flags & HistFlag.TIMESTAMP_USECS) hist.timestampsInUsecs = true;
  }
  const made = createHistField(hist, field, flags, varName);
  if (!made) return -Errno.ENOMEM;
  made.buckets = modified.buckets;
  return made;
}

/** What a field is that every event has and no record holds. */
function genericFlags({ filterType }: EventField): number | undefined {
  if (filterType === 'cpu') return HistFlag.CPU;
  if (filterType === 'stacktrace') return HistFlag.STACKTRACE;
  return filterType === 'comm' ? HistFlag.COMM | HistFlag.STRING : undefined;
}

/** Parses a text that nobody else looks at. */
export function parseFieldText(hist: HistData, file: TraceEventFile, text: string, flags: number): HistField | number {
  return parseAtom(hist, file, MutableText.of(text), flags);
}
