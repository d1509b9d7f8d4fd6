import { errnoText } from '../abi/errno.ts';
import type { ShellProcess } from './shell-process.ts';

/** A program that was started. */
export interface ProgramCall {
  readonly process: ShellProcess;
  /** What it was called as. */
  readonly name: string;
  readonly args: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
}

/** A program: returns its exit status. */
export type Program = (call: ProgramCall) => Promise<number> | number;

/** Bytes that programs read at a time. */
const CHUNK = 131_072;

/** An error message: `NAME: MESSAGE`. Returns 1. */
export async function complain({ process, name }: ProgramCall, message: string): Promise<1> {
  await process.write(2, `${name.replace(/.*\//, '')}: ${message}\n`);
  return 1;
}

/** Writes to standard output. Returns 0, or 1 after having said why not. */
export async function print(call: ProgramCall, text: string): Promise<number> {
  if (text === '') return 0;
  const written = await call.process.write(1, text);
  return written < 0 ? complain(call, `write error: ${errnoText(written)}`) : 0;
}

/** Options of one letter each, those in `valued` with a value, up to the first operand; long ones are taken as they are. */
export function options(args: readonly string[], valued = ''): { flags: Map<string, string>; rest: string[] } {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '--') {
      rest.push(...args.slice(at + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const [name, value = ''] = arg.slice(2).split(/=(.*)/s) as [string, string?];
      flags.set(name, value);
      continue;
    }
    if (!/^-./.test(arg)) {
      rest.push(arg);
      continue;
    }
    for (let i = 1; i < arg.length; i++) {
      const letter = arg[i]!;
      if (!valued.includes(letter)) flags.set(letter, '');
      else {
        flags.set(letter, arg.slice(i + 1) || (args[++at] ?? ''));
        break;
      }
    }
  }
  return { flags, rest };
}

/** A descriptor's bytes, piece by piece, to its end. An errno ends it, too. */
export async function* pieces(process: ShellProcess, fd: number): AsyncGenerator<string, number> {
  for (;;) {
    const piece = await process.read(fd, CHUNK);
    if (typeof piece === 'number') return piece;
    if (piece === '') return 0;
    yield piece;
  }
}

/** All that a descriptor gives, or a negative errno. */
export async function readAll(process: ShellProcess, fd: number): Promise<string | number> {
  let text = '';
  const parts = pieces(process, fd);
  for (;;) {
    const { value, done } = await parts.next();
    if (done) return value === 0 ? text : value;
    text += value;
  }
}

/** Opens each named file, standard input for `-` and for no name, and hands its descriptor on. Returns 0, or 1 when one could not be opened or read. */
export async function eachInput(
  call: ProgramCall,
  names: readonly string[],
  use: (fd: number, name: string) => Promise<number>,
): Promise<number> {
  let status = 0;
  for (const name of names.length > 0 ? names : ['-']) {
    const fd = name === '-' ? 0 : call.process.open(name, { read: true });
    const ret = fd < 0 ? fd : await use(fd, name);
    if (fd > 0) call.process.close(fd);
    if (ret < 0) status = await complain(call, `${name}: ${errnoText(ret)}`);
    else if (ret > 0) status = ret;
  }
  return status;
}
