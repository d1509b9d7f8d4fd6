import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CInt } from './c-types.ts';
import { compileConversion } from './print-fmt-conversion.ts';
import {
  binaryOperand,
  castOperand,
  choiceOperand,
  constant,
  fieldNumber,
  type NumberOperand,
  unaryOperand,
} from './print-fmt-number.ts';
import type { RecordView } from './record.ts';
import { TraceSeq } from './trace-seq.ts';

/** An operand as it is, and the same made of bigints only. */
interface Twins {
  readonly quick: NumberOperand;
  readonly slow: NumberOperand;
}

const onlyBigints = ({ kind, type, get }: NumberOperand): NumberOperand => ({ kind, type, get });

const types = fc.record({ bits: fc.constantFrom(8, 16, 32, 64), signed: fc.boolean() });
const wide = types.filter(({ bits }) => bits >= 32);
const OPERATORS = '+ - * / % & | ^ << >> == != < <= > >= && ||'.split(' ');

const twins = fc.letrec<{ any: Twins; leaf: Twins }>((tie) => ({
  leaf: fc.oneof(
    fc.tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), wide).map(([value, type]): Twins => {
      const cut = type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
      const quick = constant(cut, type);
      return { quick, slow: onlyBigints(quick) };
    }),
    fc.tuple(fc.integer({ min: 0, max: 7 }), types).map(([word, type]): Twins => {
      const quick = fieldNumber(word * 8, type);
      return { quick, slow: onlyBigints(quick) };
    }),
  ),
  any: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    tie('leaf'),
    fc.tuple(fc.constantFrom(...OPERATORS), tie('any'), tie('any')).map(([op, a, b]) => ({
      quick: binaryOperand(op, a.quick, b.quick),
      slow: onlyBigints(binaryOperand(op, a.slow, b.slow)),
    })),
    fc.tuple(fc.constantFrom('!', '~', '-', '+'), tie('any')).map(([op, a]) => ({
      quick: unaryOperand(op, a.quick),
      slow: onlyBigints(unaryOperand(op, a.slow)),
    })),
    fc.tuple(types, tie('any')).map(([type, a]: [CInt, Twins]) => ({
      quick: castOperand(a.quick, type),
      slow: onlyBigints(castOperand(a.slow, type)),
    })),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([test, a, b]) => ({
      quick: choiceOperand(test.quick, a.quick, b.quick),
      slow: onlyBigints(choiceOperand(test.slow, a.slow, b.slow)),
    })),
  ),
})).any;

const words = fc.array(fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(0n, 1n, 31n, 2n ** 32n)), {
  minLength: 8,
  maxLength: 8,
});

function recordOf(values: readonly bigint[]): RecordView {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setBigUint64(i * 8, value, true);
  return { bytes, view, base: 0, size: 64, cpu: 0, timestamp: 0 };
}

const out = new TraceSeq({ symbol: () => undefined, comm: () => '', kernelString: () => undefined });

test('a number is the same whichever way it is had', () => {
  fc.assert(
    fc.property(twins, words, ({ quick, slow }, values) => {
      const rec = recordOf(values);
      const value = slow.get(rec, out);
      expect(quick.type).toEqual(slow.type);
      expect(quick.get(rec, out)).toBe(value);
      if (quick.small) expect(quick.small(rec, out)).toBe(Number(value));
      if (quick.small) expect(Number.isSafeInteger(quick.small(rec, out))).toBe(true);
      if (quick.at !== undefined) expect(BigInt.asUintN(64, value)).toBe(rec.view.getBigUint64(quick.at, true));
      if (quick.constant !== undefined) expect(quick.constant).toBe(value);
    }),
    { numRuns: 3000 },
  );
});

test('so is its text', () => {
  const conversions = fc.record({
    flags: fc.constantFrom('', '-', '0', '#', '+', '#0'),
    width: fc.constantFrom(0, 3, 12),
    precision: fc.constantFrom(undefined, undefined, 4),
    length: fc.constantFrom('', 'hh', 'h', 'l', 'll'),
    letter: fc.constantFrom('d', 'i', 'u', 'x', 'X', 'o', 'c', 'p', 'px', 'pS'),
  });
  fc.assert(
    fc.property(twins, conversions, words, ({ quick, slow }, conversion, values) => {
      const rec = recordOf(values);
      expect(compileConversion(quick, conversion)(rec, out)).toBe(compileConversion(slow, conversion)(rec, out));
    }),
    { numRuns: 3000 },
  );
});
