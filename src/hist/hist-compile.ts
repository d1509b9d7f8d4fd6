import { type HistField, STACK_DEPTH } from './hist-field.ts';
import type { HitPad } from './hist-hit.ts';
import { add, divide, lastBit, multiply, negate, setBig, subtract } from './u64.ts';

/** Leaves a field's value in the pad, for a number; for a text, where it lies. */
export type ReadField = (pad: HitPad) => void;

/** High half of what stands for the address of a text. */
const TEXT_ADDRESS = 0xffff8881;

/** Compiles a field: hits then read it without looking at what it is (`hist_fn_call()`). */
export function compileField(field: HistField): ReadField {
  switch (field.source) {
    case 'none':
      return constant(0, 0);
    case 'one':
      return constant(1, 0);
    case 'const':
      return constant(Number(field.constant & 0xffffffffn), Number(field.constant >> 32n));
    case 'var-ref':
      return readReference(field);
    case 'timestamp':
      return readTimestamp(field);
    case 'cpu':
      return (pad) => {
        pad.lo = pad.cpu.id;
        pad.hi = 0;
      };
    case 'comm':
      return (pad) => pad.pointToComm();
    case 'execname':
      return (pad) => pad.pointToSavedComm();
    case 'log2':
      return readLog2(compileField(field.operands[0]!));
    case 'bucket':
      return readBucket(compileField(field.operands[0]!), field.buckets);
    case 'number':
      return readNumber(field);
    case 'string':
    case 'dynamic-string':
    case 'relative-string':
      return readText(field);
    case 'stack':
      return readStack(field);
    case 'expression':
      return readExpression(field);
  }
}

function constant(lo: number, hi: number): ReadField {
  return (pad) => {
    pad.lo = lo;
    pad.hi = hi;
  };
}

function readReference({ refIndex }: HistField): ReadField {
  return (pad) => {
    pad.lo = pad.refs[2 * refIndex]!;
    pad.hi = pad.refs[2 * refIndex + 1]!;
  };
}

/** `ns2usecs()` rounds to the nearest. */
const HALF_USEC = 500;
const TWO_32 = 0x1_0000_0000;

function readTimestamp(field: HistField): ReadField {
  const { hist } = field;
  const { array } = hist.file;
  return (pad) => {
    let time = array.recorder.timeStamp(pad.cpu, pad.record);
    if (hist.timestampsInUsecs && array.clockInNs) time = Math.floor((time + HALF_USEC) / 1000);
    pad.lo = time >>> 0;
    pad.hi = Math.floor(time / TWO_32) >>> 0;
  };
}

function readLog2(operand: ReadField): ReadField {
  return (pad) => {
    operand(pad);
    subtract(pad, 1, 0);
    pad.lo = lastBit(pad.lo, pad.hi) & 63;
    pad.hi = 0;
  };
}

function readBucket(operand: ReadField, width: bigint): ReadField {
  const [lo, hi] = [Number(width & 0xffffffffn), Number(width >> 32n)];
  return (pad) => {
    operand(pad);
    divide(pad, lo, hi);
    multiply(pad, lo, hi);
  };
}

function readNumber({ field, signed }: HistField): ReadField {
  const { offset, size } = field!;
  if (size === 8) {
    return (pad) => {
      const { view, base } = pad.record;
      pad.lo = view.getUint32(base + offset, true);
      pad.hi = view.getUint32(base + offset + 4, true);
    };
  }
  const read: (view: DataView, at: number) => number =
    size === 4
      ? (view, at) => view.getInt32(at, true)
      : size === 2
        ? (view, at) => view.getInt16(at, true)
        : (view, at) => view.getInt8(at);
  const mask = size === 4 ? 0xffffffff : (1 << (8 * size)) - 1;
  return (pad) => {
    const value = read(pad.record.view, pad.record.base + offset);
    pad.lo = (signed ? value : value & mask) >>> 0;
    pad.hi = signed && value < 0 ? 0xffffffff : 0;
  };
}

function readText({ field, source }: HistField): ReadField {
  const offset = field?.offset ?? 0;
  const size = field?.size ?? 0;
  if (source === 'string') return (pad) => pad.pointToRecord(offset, size);
  const relative = source === 'relative-string' ? offset + 4 : 0;
  return (pad) => {
    const { view, base } = pad.record;
    pad.pointToRecord(relative + view.getUint16(base + offset, true), view.getUint16(base + offset + 2, true));
  };
}

/** A stack that the event recorded: a count, then so many addresses. */
function readStack({ field }: HistField): ReadField {
  const offset = field?.offset ?? 0;
  return (pad) => {
    const { view, base, size, bytes } = pad.record;
    const at = view.getUint16(base + offset, true);
    pad.stack.clear();
    const fits = Math.min(STACK_DEPTH, Math.max(0, (Math.min(size, bytes.length - base) - at - 8) >>> 3));
    const count = fits > 0 ? Math.min(fits, view.getUint32(base + at, true)) : 0;
    for (let i = 0; i < count; i++) {
      const entry = base + at + 8 + 8 * i;
      pad.stack.push(view.getUint32(entry, true), view.getUint32(entry + 4, true));
    }
    pad.lo = at;
    pad.hi = TEXT_ADDRESS;
  };
}

function readExpression({ operands, operator }: HistField): ReadField {
  const left = compileField(operands[0]!);
  if (operator === 'unary-') {
    return (pad) => {
      left(pad);
      negate(pad);
    };
  }
  const right = compileField(operands[1]!);
  const apply = operator === '+' ? add : operator === '-' ? subtract : operator === '*' ? multiply : divideOrAll;
  return (pad) => {
    left(pad);
    const { lo, hi } = pad;
    right(pad);
    const [rightLo, rightHi] = [pad.lo, pad.hi];
    pad.lo = lo;
    pad.hi = hi;
    apply(pad, rightLo, rightHi);
  };
}

/** Division by 0 gives all bits. */
function divideOrAll(pad: HitPad, lo: number, hi: number): void {
  if (lo === 0 && hi === 0) setBig(pad, -1n);
  else divide(pad, lo, hi);
}
