import type { Hit } from './hit.ts';

/** Puts the result of an operation on `a` and the value of the hit, in halves, in the hit's place. */
type BinaryOp = (hit: Hit, aLo: number, aHi: number) => void;

const SIGN = 0x8000_0000;

function shift(hit: Hit, aLo: number, aHi: number, left: boolean): void {
  const bits = hit.lo & 63;
  if (bits === 0) hit.set(aLo, aHi);
  else if (left)
    hit.set(bits < 32 ? aLo << bits : 0, bits < 32 ? (aHi << bits) | (aLo >>> (32 - bits)) : aLo << (bits - 32));
  else hit.set(bits < 32 ? (aLo >>> bits) | (aHi << (32 - bits)) : aHi >>> (bits - 32), bits < 32 ? aHi >>> bits : 0);
}

const truth = (hit: Hit, value: boolean) => hit.set(value ? 1 : 0, 0);

/** Whether `a` is less than the value of the hit. */
function less(hit: Hit, aLo: number, aHi: number, signed: boolean): boolean {
  const flip = signed ? SIGN : 0;
  return aHi === hit.hi ? aLo < hit.lo : (aHi ^ flip) >>> 0 < (hit.hi ^ flip) >>> 0;
}

const same = (hit: Hit, aLo: number, aHi: number) => aLo === hit.lo && aHi === hit.hi;

/** Operators that come out alike for signed and unsigned numbers, as far as they are supported: shifts to the right fill with zeros. */
const PLAIN: Record<string, BinaryOp> = {
  '+': (hit, aLo, aHi) => {
    const lo = aLo + hit.lo;
    hit.set(lo, aHi + hit.hi + (lo > 0xffff_ffff ? 1 : 0));
  },
  '-': (hit, aLo, aHi) => hit.set(aLo - hit.lo, aHi - hit.hi - (aLo < hit.lo ? 1 : 0)),
  '&': (hit, aLo, aHi) => hit.set(aLo & hit.lo, aHi & hit.hi),
  '|': (hit, aLo, aHi) => hit.set(aLo | hit.lo, aHi | hit.hi),
  '^': (hit, aLo, aHi) => hit.set(aLo ^ hit.lo, aHi ^ hit.hi),
  '<<': (hit, aLo, aHi) => shift(hit, aLo, aHi, true),
  '>>': (hit, aLo, aHi) => shift(hit, aLo, aHi, false),
  '==': (hit, aLo, aHi) => truth(hit, same(hit, aLo, aHi)),
  '!=': (hit, aLo, aHi) => truth(hit, !same(hit, aLo, aHi)),
};

/** The operation of a C operator; undefined for one that is not supported. `signed` is how both operands are compared. */
export function binaryOp(op: string, signed: boolean): BinaryOp | undefined {
  switch (op) {
    case '<':
      return (hit, aLo, aHi) => truth(hit, less(hit, aLo, aHi, signed));
    case '>=':
      return (hit, aLo, aHi) => truth(hit, !less(hit, aLo, aHi, signed));
    case '<=':
      return (hit, aLo, aHi) => truth(hit, less(hit, aLo, aHi, signed) || same(hit, aLo, aHi));
    case '>':
      return (hit, aLo, aHi) => truth(hit, !less(hit, aLo, aHi, signed) && !same(hit, aLo, aHi));
    default:
      return PLAIN[op];
  }
}
