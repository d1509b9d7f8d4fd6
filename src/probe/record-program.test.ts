import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TraceSeq } from '../trace/trace-seq.ts';
import { probeHeadSize } from './event-layout.ts';
import { FetchContext, type FetchMemory } from './fetch-context.ts';
import { compilePrinter } from './print-args.ts';
import { type ProbeArg, parseProbeArg } from './probe-arg.ts';
import { ProbeScope, type ProbeTypes } from './probe-scope.ts';
import { compileRecord } from './record-program.ts';
import { Refusal } from './refusal.ts';
import { resolveSymbols } from './resolve-symbol.ts';

fc.configureGlobal({ seed: 616 });

/** Memory that is text at a few low addresses, 4 KiB apart; the rest is not there. */
class TextMemory implements FetchMemory {
  lo = 0;
  hi = 0;
  readonly #pages: ReadonlyMap<number, Uint8Array>;

  constructor(pages: Record<number, readonly number[]>) {
    this.#pages = new Map(Object.entries(pages).map(([at, bytes]) => [Number(at) / 4096, Uint8Array.from(bytes)]));
  }

  #byte(lo: number, hi: number): number {
    const page = hi === 0 ? this.#pages.get(lo >>> 12) : undefined;
    return page === undefined ? -1 : (page[lo & 0xfff] ?? 0);
  }

  load64(lo: number, hi: number): boolean {
    if (this.#byte(lo, hi) < 0) return false;
    const word = (at: number) => [3, 2, 1, 0].reduce((value, i) => value * 256 + this.#byte(at + i, hi), 0);
    this.lo = word(lo);
    this.hi = word(lo + 4);
    return true;
  }

  copyOut(lo: number, hi: number, size: number, dest: Uint8Array, at: number): boolean {
    for (let i = 0; i < size; i++) {
      if (this.#byte(lo + i, hi) < 0) return false;
      dest[at + i] = this.#byte(lo + i, hi);
    }
    return true;
  }

  stringLength(lo: number, hi: number, max: number): number {
    for (let i = 0; i < max; i++) {
      const byte = this.#byte(lo + i, hi);
      if (byte <= 0) return byte < 0 ? -14 : i + 1;
    }
    return max;
  }

  copyString(lo: number, hi: number, max: number, dest: Uint8Array, at: number): number {
    const length = this.stringLength(lo, hi, max);
    if (length > 0) this.copyOut(lo, hi, length - 1, dest, at);
    dest[at + Math.max(length - 1, 0)] = 0;
    return length;
  }
}

const text = (string: string) => [...string].map((c) => c.charCodeAt(0));
const word = (value: bigint) => Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));

const KERNEL = new TextMemory({
  4096: text('Linux version'),
  // Pointers: to the banner, to nowhere, to an empty string.
  8192: [...word(0x1000n), ...word(0x9000n), ...word(0x3000n)],
  12288: [0],
  16384: word(0x8877665544332211n),
});
const USER = new TextMemory({ 4096: text('/etc/passwd') });
const SYMBOLS: Record<string, bigint> = {
  banner: 0x1000n,
  pointers: 0x2000n,
  empty: 0x3000n,
  number: 0x4000n,
  nothing: 0x9000n,
};
const NO_TYPES = { funcProto: () => undefined } as unknown as ProbeTypes;

const hex = (lo: number, hi: number) => ((BigInt(hi) << 32n) | BigInt(lo)).toString(16);
const nameAt = (lo: number, hi: number) =>
  hi === 0 && lo >= 0x5000 && lo < 0x6000 ? `code+0x${(lo - 0x5000).toString(16)}/0x1000` : undefined;

function parse(definition: string, isReturn: boolean): { args: ProbeArg[]; entryArguments: readonly number[] } {
  const scope = new ProbeScope({ isReturn, isTracepoint: false, functionName: 'f' }, NO_TYPES);
  const args: ProbeArg[] = [];
  for (const one of definition.split(' ')) {
    const arg = parseProbeArg(one, args, scope);
    if (arg instanceof Refusal) throw new Error(`${one}: ${arg.errors[0]?.code}`);
    args.push(arg);
  }
  return { args, entryArguments: scope.entryArguments };
}

/** Parses arguments, records one hit of them and prints it. */
function hit(
  definition: string,
  { isReturn = false, garbage = 0, steps = undefined as ProbeArg['steps'][] | undefined } = {},
): string {
  const parsed = parse(definition, isReturn);
  const args = parsed.args.map((arg, i) => ({ ...arg, steps: steps?.[i] ?? arg.steps }));
  const symbols = resolveSymbols(args, (name) => SYMBOLS[name]);
  if (typeof symbols === 'number') throw new Error(`errno ${symbols}`);
  const program = compileRecord(args, symbols);
  const ctx = new FetchContext((lo, hi) => nameAt(lo, hi) ?? `0x${hex(lo, hi)}`);
  const regs = {
    lo: 0,
    hi: 0,
    argument: (n: number) => {
      regs.lo = 0x5000 + n;
      regs.hi = 0;
      return true;
    },
    returnValue: () => {
      regs.lo = 0xfffffffe;
      regs.hi = 0xffffffff;
      return true;
    },
    stackPointer: () => regs.argument(0x100),
    stackNth: (n: number) => regs.argument(0x200 + n),
  };
  ctx.regs = regs;
  ctx.memory = KERNEL;
  ctx.user = USER;
  ctx.comm = 'cat';
  ctx.entryData = { lo: (n) => 0x77 + n, hi: () => 0 };
  const head = probeHeadSize(isReturn);
  const size = head + program.fixedSize + program.dataSize(ctx);
  const base = 32;
  const bytes = new Uint8Array(base + size + 64).fill(garbage);
  const record = { bytes, view: new DataView(bytes.buffer), base, size, cpu: 0, timestamp: 0 };
  program.store(ctx, record, head, size - head - program.fixedSize);
  expect(
    bytes.subarray(base + size).every((byte) => byte === garbage),
    'writes behind the record',
  ).toBe(true);
  const out = new TraceSeq({ symbol: nameAt, comm: () => '', kernelString: () => undefined });
  compilePrinter(args, head)(record, out);
  return out.text.slice(1);
}

test.each([
  // Integers: the value is cut to its type, and printed by it.
  ['a=\\-1:u8 b=\\-1:s8 c=\\-1:x8', 'a=255 b=-1 c=0xff'],
  ['a=\\-1:u16 b=\\0x8000:s16 c=\\-1:x16', 'a=65535 b=-32768 c=0xffff'],
  ['a=\\-1:u32 b=\\0x80000000:s32 c=\\-1:x32', 'a=4294967295 b=-2147483648 c=0xffffffff'],
  [
    'a=\\-1:u64 b=\\-9223372036854775808:s64 c=\\-1',
    'a=18446744073709551615 b=-9223372036854775808 c=0xffffffffffffffff',
  ],
  ['a=\\65:char b=\\0x5010:symbol c=\\5:symbol', "a='A' b=code+0x10/0x1000 c=0x5"],
  // Sources.
  ['a=$arg1 b=$arg9 c=$stack d=$stack3', 'a=0x5000 b=0x5008 c=0x5100 d=0x5203'],
  ['a=@number b=@number+4:u16 c=@number-0:x8', 'a=0x8877665544332211 b=26197 c=0x11'],
  ['a=+0(@pointers):x32 b=+-4(\\0x4004):x8', 'a=0x756e694c b=0x11'],
  ['a=+u0(\\0x1000):char', "a='/'"],
  // What cannot be read is zero.
  ['a=@nothing b=+0(@nothing):u8 c=@nothing:u32[2]', 'a=0x0 b=0 c={0,0}'],
  ['a=+0(+0(@nothing)):x64 b=+u0(+u0(\\0x9000)):u16', 'a=0x0 b=0'],
  // Bitfields.
  ['a=\\0x12345678:b4@4/32 b=\\0xff:b1@7/8 c=\\-1:b63@1/64', 'a=7 b=1 c=9223372036854775807'],
  ['a=@number:b4@4/8[3] b=@number:b12@2/16', 'a={1,2,3} b=2180'],
  // Arrays.
  ['a=@number:x8[4] b=@number:x16[2] c=@banner:char[3]', "a={0x11,0x22,0x33,0x44} b={0x2211,0x4433} c={'L','i','n'}"],
  // Strings.
  [
    'a=@banner:string b=+6(\\0x1000):string c=+u1(\\0x1000):string d=\\0x1000:ustring',
    'a="Linux version" b="version" c="etc/passwd" d="/etc/passwd"',
  ],
  ['a=$comm b=\\"lit" c=\\" d=@empty:string', 'a="cat" b="lit" c="" d=""'],
  ['a=@nothing:string b=+u0(\\0x9000):string', 'a=(fault) b=(fault)'],
  ['a=@pointers:string[3]', 'a={"Linux version",(fault),""}'],
])('%s prints %s', (definition, expected) => {
  expect(hit(definition)).toBe(expected);
  expect(hit(definition, { garbage: 0xaa })).toBe(expected);
});

test('a return prints its value and what the entry kept', () => {
  expect(hit('a=$retval b=$arg3:u8 c=$arg1 d=$arg3', { isReturn: true })).toBe(
    'a=0xfffffffffffffffe b=119 c=0x78 d=0x77',
  );
});

test('the string behind a symbol name overwrites the end of the name', () => {
  expect(hit('a=$arg1:symstr b=$comm c=$arg2:symstr')).toBe('a="code+0x0/0x1000cat" b="cat" c="code+0x1/0x1000"');
});

test('a pointer that cannot be read leaves the word of the next string', () => {
  expect(hit('a=+0(+0(@nothing)):string b=$comm')).toBe('a="cat" b="cat"');
  expect(hit('b=$comm a=+0(+0(@nothing)):string')).toBe('b="cat" a=(fault)');
});

test('an array whose value is no pointer to pointers ends at its second element', () => {
  expect(hit('a=\\0x1000:string[2]')).toBe('a={(fault),(fault)}');
});

test("a member's bitfield is cut from eight bytes and zeroes what stands behind it", () => {
  const [, text] = parse('a=$comm b=\\1:u8', false).args;
  const steps = [
    [{ op: 'comm' }, { op: 'store-string', offset: 0, user: false }],
    [...text!.steps, { op: 'bitfield', baseSize: 8, left: 60, right: 61 }],
  ] as unknown as ProbeArg['steps'][];
  expect(hit('a=$comm b=\\5:u8', { steps })).toBe('a="" b=0');
});

const PLACES = [
  '@banner',
  '@pointers',
  '@empty',
  '@nothing',
  '+0(@pointers)',
  '+8(@pointers)',
  '+0(+8(@pointers))',
  '+u0(\\0x1000)',
  '+u0(@nothing)',
];
const VALUE_TYPES = ['u8', 's16', 'x32', 'u64', 'char', 'symbol', 'b3@5/8', 'b17@40/64', 'symstr', 'string', 'ustring'];
const anyArg = fc.oneof(
  fc
    .tuple(fc.constantFrom(...PLACES.slice(0, 7)), fc.constantFrom(...VALUE_TYPES))
    .map(([place, type]) => `${place}:${type}`),
  fc
    .tuple(fc.constantFrom(...PLACES), fc.constantFrom('u8', 'x64', 'string', 'b3@5/8'))
    .map(([place, type]) => `${place}:${type}`),
  fc
    .tuple(
      fc.constantFrom(...PLACES.slice(0, 7)),
      fc.constantFrom('u8[7]', 'x64[3]', 'string[4]', 'ustring[2]', 'b3@5/8[9]'),
    )
    .map((parts) => parts.join(':')),
  fc.constantFrom('$comm', '\\"text"', '$arg1', '$stack:x8', '\\0x1000:string', '\\0x1000:ustring', '\\7:string[3]'),
);

test('no hit writes outside its record or throws, and every value prints', () => {
  const anyArgs = fc.array(anyArg, { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(anyArgs, fc.boolean(), fc.integer({ min: 0, max: 255 }), (args, isReturn, garbage) => {
      const text = hit(args.map((arg, i) => `a${i}=${arg}`).join(' '), { isReturn, garbage });
      args.forEach((_, i) => {
        expect(text).toContain(`a${i}=`);
      });
    }),
    { numRuns: 2000, seed: 616 },
  );
});
