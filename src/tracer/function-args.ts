import type { Btf } from '../btf/btf.ts';
import type { Machine, Prototype } from '../machine/index.ts';
import { MAX_ARGS } from '../trace/ftrace-event.ts';
import type { ArgumentWords } from '../trace/trace-seq.ts';

/** Prints the arguments of one function. */
type ArgsPrinter = (args: ArgumentWords) => string;

const NO_ARGS: ArgsPrinter = () => '()';

const hex = ({ view, at }: ArgumentWords, n: number) => `0x${view.getBigUint64(at + 8 * n, true).toString(16)}`;
const decimal = ({ view, at }: ArgumentWords, n: number) => view.getBigInt64(at + 8 * n, true).toString();

/**
 * Compiles a prototype: pointers in hexadecimal, numbers with their sign at the whole width of a register, structs word by word. Six words are
 * all that there is to print (`kernel/trace/trace_output.c:print_function_args()`).
 */
function compileArgs(btf: Btf, { params }: Prototype): ArgsPrinter {
  const pieces: (string | ((args: ArgumentWords) => string))[] = ['('];
  let word = 0;
  for (const [i, { name, type }] of params.entries()) {
    if (i > 0) pieces.push(', ');
    if (word >= MAX_ARGS) {
      pieces.push('...');
      break;
    }
    pieces.push(`${name}=`);
    const resolved = type === 0 ? undefined : btf.skipModifiers(type)?.type;
    const n = word++;
    const kind = resolved?.kind ?? 'void';
    if (kind === 'void') pieces.push('?');
    if (kind === 'void' || kind === 'ptr') pieces.push((args) => hex(args, n));
    else if (kind === 'int' || kind === 'enum') pieces.push((args) => decimal(args, n));
    else {
      const words = Math.ceil((resolved && 'size' in resolved ? resolved.size : 8) / 8);
      pieces.push(`(${kind.toUpperCase()})[`, (args) => hex(args, n));
      for (let i = 1; i < words; i++) {
        pieces.push(':');
        if (word === MAX_ARGS) return printer([...pieces, '...])']);
        const next = word++;
        pieces.push((args) => hex(args, next));
      }
      pieces.push(']');
    }
  }
  return printer([...pieces, ')']);
}

function printer(pieces: readonly (string | ((args: ArgumentWords) => string))[]): ArgsPrinter {
  return (args) => {
    let text = '';
    for (const piece of pieces) text += typeof piece === 'string' ? piece : piece(args);
    return text;
  };
}

/** Makes what prints the arguments of functions by address; each prototype is looked up once. */
export function functionArgs(machine: Machine, btf: Btf): (lo: number, hi: number, args: ArgumentWords) => string {
  const known = new Map<bigint, ArgsPrinter>();
  machine.functionListeners.push({ coming: () => known.clear(), going: () => known.clear() });
  const find = (address: bigint): ArgsPrinter => {
    const fn = machine.functions.idAtIp(address);
    const own = fn === undefined ? undefined : machine.functions.definition(fn);
    const name = machine.kallsyms.at(address)?.name;
    const proto = own ? own.prototype : name === undefined ? undefined : btf.funcProto(name);
    return proto && proto.params.length > 0 ? compileArgs(btf, proto) : NO_ARGS;
  };
  return (lo, hi, args) => {
    const address = (BigInt(hi) << 32n) | BigInt(lo);
    let print = known.get(address);
    if (!print) {
      print = find(address);
      known.set(address, print);
    }
    return print(args);
  };
}
