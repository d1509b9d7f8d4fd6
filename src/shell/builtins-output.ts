import { type Builtin, print } from './builtin.ts';
import { decodeEscapes, formatPrintf } from './printf.ts';

const echo: Builtin = async (shell, args) => {
  let at = 0;
  let newline = true;
  let escapes = false;
  for (; /^-[neE]+$/.test(args[at] ?? ''); at++) {
    if (args[at]!.includes('n')) newline = false;
    if (args[at]!.includes('e')) escapes = true;
    if (args[at]!.includes('E')) escapes = false;
  }
  let text = args.slice(at).join(' ');
  if (escapes) {
    const { text: decoded, stops } = decodeEscapes(text);
    text = decoded;
    if (stops) newline = false;
  }
  return print(shell, 'echo', newline ? `${text}\n` : text);
};

const printf: Builtin = async (shell, args) => {
  let rest = args[0] === '--' ? args.slice(1) : args;
  let target: string | undefined;
  if (rest[0] === '-v') [, target, ...rest] = rest as [string, string, ...string[]];
  if (rest.length === 0) {
    await shell.complain('printf: usage: printf format [arguments]');
    return 2;
  }
  const { text, errors } = formatPrintf(rest[0]!, rest.slice(1));
  for (const error of errors) await shell.complain(`printf: ${error}`);
  if (target !== undefined) shell.set(target, text);
  const status = target === undefined ? await print(shell, 'printf', text) : 0;
  return errors.length > 0 ? 1 : status;
};

/** Builtins that print what they are given. */
export const outputBuiltins: Readonly<Record<string, Builtin>> = { echo, printf };
