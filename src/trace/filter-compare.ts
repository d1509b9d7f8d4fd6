import type { Cpu } from '../machine/cpu.ts';
import { type CpuMask, cpuMaskTest, cpuMaskWeight } from './cpumask.ts';
import type { EventField } from './event-field.ts';
import type { FilterOp } from './filter-predicate.ts';
import type { RecordWriter } from './record.ts';

/** A compiled comparison: whether a record that a cpu is about to commit passes. */
export type Predicate = (record: RecordWriter, cpu: Cpu) => boolean;

const never: Predicate = () => false;

/** Result of a three-way comparison, by operator. */
const ORDER: Record<Exclude<FilterOp, '~' | '&'>, (order: number) => boolean> = {
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

type Read = (view: DataView, offset: number) => number;

const READ: Record<string, Read> = {
  s1: (view, offset) => view.getInt8(offset),
  s2: (view, offset) => view.getInt16(offset, true),
  s4: (view, offset) => view.getInt32(offset, true),
  u1: (view, offset) => view.getUint8(offset),
  u2: (view, offset) => view.getUint16(offset, true),
  u4: (view, offset) => view.getUint32(offset, true),
};

/** Compares a field of 1, 2, 4 or 8 bytes with a number cut to its size; other sizes never match (`select_comparison_fn()`). */
export function valueTest(offset: number, size: number, signed: boolean, op: FilterOp, value: bigint): Predicate {
  if (size === 8) return wideTest(offset, signed, op, value);
  const read = READ[`${signed ? 's' : 'u'}${size}`];
  if (!read || op === '~') return never;
  const bits = size * 8;
  const want = Number(signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
  if (op === '&') return (record) => (read(record.view, record.base + offset) & want) !== 0;
  if (op === '==') return (record) => read(record.view, record.base + offset) === want;
  if (op === '!=') return (record) => read(record.view, record.base + offset) !== want;
  const holds = ORDER[op];
  return (record) => holds(read(record.view, record.base + offset) - want);
}

function wideTest(offset: number, signed: boolean, op: FilterOp, value: bigint): Predicate {
  if (op === '~') return never;
  const wantLo = Number(BigInt.asUintN(32, value));
  const wantHi = Number(BigInt.asUintN(32, value >> 32n)) | 0;
  if (op === '&') {
    return ({ view, base }) =>
      (view.getInt32(base + offset, true) & wantLo) !== 0 || (view.getInt32(base + offset + 4, true) & wantHi) !== 0;
  }
  const holds = ORDER[op];
  const high = signed ? wantHi : wantHi >>> 0;
  return ({ view, base }) => {
    const hi = signed ? view.getInt32(base + offset + 4, true) : view.getUint32(base + offset + 4, true);
    return holds(hi === high ? view.getUint32(base + offset, true) - wantLo : hi - high);
  };
}

/** Compares the cpu that hits, `filter_pred_cpu()`; `&` and `~` never match. */
export function cpuTest(op: FilterOp, value: number): Predicate {
  if (op === '~' || op === '&') return never;
  const holds = ORDER[op];
  return (_record, cpu) => holds(cpu.id - value);
}

/** Whether a field of 8 bytes lies in `start` ≤ address < `end`, `filter_pred_function()`. */
export function functionTest(offset: number, start: bigint, end: bigint, not: boolean): Predicate {
  const above = wideTest(offset, false, '>=', start);
  const below = wideTest(offset, false, '<', end);
  return (record, cpu) => (above(record, cpu) && below(record, cpu)) !== not;
}

/** A number field, or the cpu that hits (no field), against a list that is not one single cpu (`do_filter_scalar_cpumask()`). */
export function scalarMaskTest(
  field: EventField | undefined,
  op: '==' | '!=' | '&',
  mask: CpuMask,
  nrCpus: number,
): Predicate {
  const among = (cpu: number) => op === '!=' || (op === '&' && cpuMaskTest(mask, cpu));
  if (!field) return (_record, cpu) => among(cpu.id);
  const { offset, size } = field;
  const read = READ[`u${size === 8 ? 4 : size}`];
  if (!read) return never;
  return ({ view, base }) => {
    const cpu = read(view, base + offset);
    return cpu < nrCpus && among(cpu);
  };
}

/** A `__data_loc` cpu mask in the record against a list, or against the one cpu in it (`do_filter_cpumask()`, `…_scalar()`). */
export function maskTest(
  offset: number,
  op: '==' | '!=' | '&',
  mask: CpuMask,
  single: boolean,
  nrCpus: number,
): Predicate {
  const words = Math.ceil(nrCpus / 32);
  const lastBits = nrCpus % 32 === 0 ? 0xffff_ffff : (1 << (nrCpus % 32)) - 1;
  const weight = cpuMaskWeight(mask);
  return ({ view, base }) => {
    const at = base + view.getUint16(base + offset, true);
    let equal = true;
    let intersects = false;
    for (let i = 0; i < words; i++) {
      const bits = view.getUint32(at + i * 4, true) & (i === words - 1 ? lastBits : 0xffff_ffff);
      if ((bits ^ mask[i]!) !== 0) equal = false;
      if ((bits & mask[i]!) !== 0) intersects = true;
    }
    if (op === '&') return intersects;
    const same = single && weight === 1 ? equal && intersects : equal;
    return same === (op === '==');
  };
}
