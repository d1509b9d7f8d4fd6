import type { Btf } from '../btf/index.ts';
import { type CExpr, parseExpression } from '../trace/print-fmt-parse.ts';
import { binaryOp } from './arithmetic.ts';
import { type CType, type CValue, converted, cTypeOf, INT, LONG, namedType, ULONG, valueAt } from './c-value.ts';
import type { Hit } from './hit.ts';
import { KERNEL_FUNCTIONS } from './kernel-functions.ts';

/** What names stand for in the expressions of one tracepoint. */
export interface HitScope {
  readonly types: Btf;
  /** Parameters of its TP_PROTO. */
  readonly params: readonly { readonly name: string; readonly type: number }[];
  /** Value of an enumerator of the kernel. */
  readonly enumerator: (name: string) => bigint | undefined;
}

/** The expression cannot be evaluated on this kernel: a name, a member or an operator that it does not have. */
class Unknown extends Error {}

/** Compiles an expression in C over the parameters of a tracepoint; undefined when this kernel does not know what it names. */
export function compileExpression(text: string, scope: HitScope): CValue | undefined {
  const expr = parseExpression(text);
  return expr && compileParsed(expr, scope);
}

/** As {@link compileExpression}, of an expression that is taken apart already. */
export function compileParsed(expr: CExpr, scope: HitScope): CValue | undefined {
  try {
    return new Compiler(scope).compile(expr);
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

/** A constant of 64 bits. */
export function constant(value: bigint, type: CType = LONG): CValue {
  const lo = Number(BigInt.asUintN(32, value));
  const hi = Number(BigInt.asUintN(32, value >> 32n));
  return { type, load: (hit) => hit.set(lo, hi) };
}

class Compiler {
  readonly #scope: HitScope;

  constructor(scope: HitScope) {
    this.#scope = scope;
  }

  compile(expr: CExpr): CValue {
    switch (expr.kind) {
      case 'number':
        return constant(expr.value, expr.long ? (expr.unsigned ? ULONG : LONG) : INT);
      case 'string':
        return { ...constant(0n, ULONG), text: expr.text };
      case 'name':
        return this.#name(expr.name);
      case 'member':
        return this.#member(this.compile(expr.base), expr.name);
      case 'index':
        return this.#index(this.compile(expr.base), this.compile(expr.index));
      case 'unary':
        return this.#unary(expr.op, this.compile(expr.operand));
      case 'binary':
        return this.#binary(expr.op, this.compile(expr.left), this.compile(expr.right));
      case 'choice':
        return choose(this.compile(expr.test), this.compile(expr.yes), this.compile(expr.no));
      case 'cast': {
        const type = namedType(this.#scope.types, expr.type) ?? known(CASTS[expr.type], expr.type);
        return converted(this.compile(expr.operand), type);
      }
      case 'call': {
        const make = known(KERNEL_FUNCTIONS[expr.name], expr.name);
        const args = expr.args.map((arg) => this.compile(arg));
        return known(make(args, this.#scope.types), expr.name);
      }
      default:
        throw new Unknown(expr.kind);
    }
  }

  #name(name: string): CValue {
    const { params, types, enumerator } = this.#scope;
    const index = params.findIndex((param) => param.name === name);
    if (index >= 0) {
      const type = known(cTypeOf(types, params[index]!.type), name);
      return converted({ type, load: (hit) => hit.argument(index) }, type);
    }
    if (name === 'current') {
      const to = types.findByName('task_struct', 'struct') ?? 0;
      return { type: { kind: 'pointer', to }, load: currentTask };
    }
    return constant(known(enumerator(name), name));
  }

  #member(base: CValue, name: string): CValue {
    const { types } = this.#scope;
    const struct = base.type.kind === 'pointer' ? base.type.to : base.type.kind === 'memory' ? base.type.type : 0;
    const { member, anonOffset } = known(types.findMember(struct, name), name);
    const bitOffset = anonOffset + member.bitOffset;
    const type = known(cTypeOf(types, member.type), name);
    if (member.bitfieldSize > 0 && type.kind === 'int')
      return bitfield(base, bitOffset, member.bitfieldSize, type.signed);
    return valueAt(type, at(base, bitOffset / 8));
  }

  #index(base: CValue, index: CValue): CValue {
    const { types } = this.#scope;
    const element =
      base.type.kind === 'memory' ? base.type.element : base.type.kind === 'pointer' ? base.type.to : undefined;
    const type = known(element === undefined ? undefined : cTypeOf(types, element), 'element');
    const size = known(types.sizeOf(element!), 'element');
    return valueAt(type, (hit) => {
      index.load(hit);
      const offset = hit.lo * size;
      base.load(hit);
      hit.advance(offset);
    });
  }

  #unary(op: string, operand: CValue): CValue {
    switch (op) {
      case '&':
        return { type: ULONG, load: known(operand.address, '&') };
      case '+':
        return operand;
      case '*': {
        const target = operand.type.kind === 'pointer' ? cTypeOf(this.#scope.types, operand.type.to) : undefined;
        return valueAt(known(target, '*'), operand.load);
      }
      case '!':
        return {
          type: INT,
          load: (hit) => {
            operand.load(hit);
            hit.set(hit.isTrue ? 0 : 1, 0);
          },
        };
      case '~':
        return wide(operand, (hit) => hit.set(~hit.lo, ~hit.hi));
      default:
        return wide(operand, (hit) => hit.set(-hit.lo, ~hit.hi + (hit.lo === 0 ? 1 : 0)));
    }
  }

  #binary(op: string, left: CValue, right: CValue): CValue {
    if (op === '&&' || op === '||') return logical(op, left, right);
    const type = common(left.type, right.type);
    const signed = type.kind === 'int' && type.signed;
    const run = known(binaryOp(op, signed), op);
    const load = (hit: Hit) => {
      left.load(hit);
      const { lo, hi } = hit;
      right.load(hit);
      run(hit, lo, hi);
    };
    return /^[=!<>]=?$/.test(op) ? { type: INT, load } : converted({ type, load }, type);
  }
}

/** Casts to C's own words. */
const CASTS: Record<string, CType> = {
  int: INT,
  long: LONG,
  'unsigned long': ULONG,
  'unsigned int': { kind: 'int', size: 4, signed: false },
  unsigned: { kind: 'int', size: 4, signed: false },
};

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Unknown(what);
  return value;
}

function currentTask(hit: Hit): void {
  const { address } = hit.cpu.current;
  hit.set(Number(address & 0xffff_ffffn), Number(address >> 32n));
}

/** Leaves the address of what lies so many bytes into a value. */
function at(base: CValue, offset: number): (hit: Hit) => void {
  if (offset === 0) return base.load;
  return (hit) => {
    base.load(hit);
    hit.advance(offset);
  };
}

function bitfield(base: CValue, bitOffset: number, bits: number, signed: boolean): CValue {
  const address = at(base, bitOffset >> 3);
  const shift = bitOffset & 7;
  const spare = 32 - bits;
  return {
    type: { kind: 'int', size: 4, signed },
    load: (hit) => {
      address(hit);
      hit.dereference(4, false);
      const low = (hit.lo >>> shift) << spare;
      const value = signed ? low >> spare : low >>> spare;
      hit.set(value, signed && value < 0 ? -1 : 0);
    },
  };
}

function wide(operand: CValue, change: (hit: Hit) => void): CValue {
  const type = common(operand.type, INT);
  return converted(
    {
      type,
      load: (hit) => {
        operand.load(hit);
        change(hit);
      },
    },
    type,
  );
}

function logical(op: '&&' | '||', left: CValue, right: CValue): CValue {
  const stopsAt = op === '||';
  return {
    type: INT,
    load: (hit) => {
      left.load(hit);
      if (hit.isTrue !== stopsAt) right.load(hit);
      hit.set(hit.isTrue ? 1 : 0, 0);
    },
  };
}

function choose(test: CValue, yes: CValue, no: CValue): CValue {
  const type = yes.type.kind === 'int' && no.type.kind === 'int' ? common(yes.type, no.type) : yes.type;
  return {
    type,
    load: (hit) => {
      test.load(hit);
      (hit.isTrue ? yes : no).load(hit);
    },
  };
}

/** The type in which two operands meet. */
function common(left: CType, right: CType): CType {
  if (left.kind !== 'int' || right.kind !== 'int') return ULONG;
  const size = Math.max(4, left.size, right.size) as 4 | 8;
  const unsigned = (type: CType) => type.kind === 'int' && !type.signed && type.size === size;
  return { kind: 'int', size, signed: !unsigned(left) && !unsigned(right) };
}
