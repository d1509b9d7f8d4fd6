import type { TraceFile } from './node.ts';
import { numberFile } from './number-file.ts';

const ALL_ONES = (1n << 64n) - 1n;

/** A file of microseconds that the kernel keeps as nanoseconds in 64 bits; −1 when all of them are set (`tracing_nsecs_read()`). */
export function microsecondsFile(get: () => bigint, set: (ns: bigint) => number): TraceFile {
  const show = () => `${get() === ALL_ONES ? -1n : get() / 1000n}\n`;
  const write = (value: bigint) => {
    return set(BigInt.asUintN(64, value * 1000n));
  };
  return { ...numberFile(show, write), moves: 'not' };
}
