import { errnoText } from '../abi/errno.ts';
import { type Builtin, print } from './builtin.ts';
import { testBuiltin } from './builtin-test.ts';
import { jobBuiltins } from './builtins-jobs.ts';
import { outputBuiltins } from './builtins-output.ts';
import { programPath } from './look-up.ts';
import { readFile } from './read-file.ts';
import type { Shell } from './shell.ts';
import { FunctionReturn, LoopExit, ShellError, ShellExit } from './shell-errors.ts';

const NAME = /^[A-Za-z_]\w*$/;

/** Option letters that `set` knows, and their names. */
const OPTIONS: Readonly<Record<string, string>> = {
  a: 'allexport',
  C: 'noclobber',
  e: 'errexit',
  f: 'noglob',
  m: 'monitor',
  n: 'noexec',
  u: 'nounset',
  v: 'verbose',
  x: 'xtrace',
};

function setOption(shell: Shell, name: string, on: boolean): void {
  const letter = Object.keys(OPTIONS).find((each) => OPTIONS[each] === name) ?? name;
  if (!(letter in OPTIONS) && letter !== 'pipefail') throw new ShellError(`set: ${name}: invalid option name`, 2, true);
  if (on) shell.options.add(letter);
  else shell.options.delete(letter);
}

async function set(shell: Shell, args: readonly string[]): Promise<number> {
  if (args.length === 0) {
    const lines = [...shell.variables]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { value }]) => `${name}='${value}'\n`);
    return print(shell, 'set', lines.join(''));
  }
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '--' || arg === '-') {
      shell.args = args.slice(at + 1);
      return 0;
    }
    if (!/^[-+]./.test(arg)) break;
    if (arg.endsWith('o')) {
      const name = args[++at];
      if (name === undefined) return 0;
      setOption(shell, name, arg.startsWith('-'));
    } else
      for (const letter of arg.slice(1)) {
        if (!(letter in OPTIONS)) throw new ShellError(`set: -${letter}: invalid option`, 2, true);
        setOption(shell, letter, arg.startsWith('-'));
      }
  }
  if (at < args.length) shell.args = args.slice(at);
  return 0;
}

async function readIn(shell: Shell, [path, ...args]: readonly string[]): Promise<number> {
  if (path === undefined) throw new ShellError('.: filename argument required', 2, true);
  const text = await readFile(shell.process, path);
  if (typeof text === 'number') throw new ShellError(`${path}: ${errnoText(text)}`, 1, true);
  shell.status = 0;
  if (args.length > 0) await shell.withArguments(args, () => shell.source(text));
  else
    try {
      await shell.source(text);
    } catch (error) {
      if (!(error instanceof FunctionReturn)) throw error;
      return error.status;
    }
  return shell.status;
}

async function evaluate(shell: Shell, args: readonly string[]): Promise<number> {
  shell.status = 0;
  await shell.source(args.join(' '));
  return shell.status;
}

async function exportNames(shell: Shell, args: readonly string[], name: string): Promise<number> {
  if (args.length === 0 || args[0] === '-p') {
    const lines = [...shell.variables].filter(([, each]) => (name === 'export' ? each.exported : each.readonly));
    return print(shell, name, lines.map(([each, { value }]) => `${name} ${each}='${value}'\n`).join(''));
  }
  for (const arg of args.filter((each) => each !== '--')) {
    const [variable, value] = split(arg);
    if (!NAME.test(variable)) throw new ShellError(`${name}: \`${arg}': not a valid identifier`, 1);
    if (value !== undefined) shell.set(variable, value);
    const known = shell.variables.get(variable) ?? { value: '', exported: false };
    shell.variables.set(variable, name === 'export' ? { ...known, exported: true } : { ...known, readonly: true });
  }
  return 0;
}

/** A word like `name=value` in parts. */
function split(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function number(args: readonly string[], name: string, missing: number): number {
  const [text] = args;
  if (text === undefined) return missing;
  if (!/^-?\d+$/.test(text)) throw new ShellError(`${name}: ${text}: numeric argument required`, 2, true);
  return Number(text);
}

/** `break` and `continue`: of no effect outside a loop. */
function leaveLoop(shell: Shell, args: readonly string[], name: string): number {
  const depth = Math.min(Math.max(1, number(args, name, 1)), shell.loops);
  if (depth > 0) throw new LoopExit(name as 'break' | 'continue', depth);
  return 0;
}

/** Builtins that lasting assignments go with and that no function can replace. */
export const SPECIAL_BUILTINS: Readonly<Record<string, Builtin>> = {
  ':': () => 0,
  '.': readIn,
  source: readIn,
  break: leaveLoop,
  continue: leaveLoop,
  eval: evaluate,
  exec: async (shell, args) => {
    if (args.length === 0) return 0;
    if (programPath(shell, args[0]!) !== undefined) shell.traps.delete(0);
    throw new ShellExit(await shell.execute(args));
  },
  exit: (shell, args) => {
    throw new ShellExit(number(args, 'exit', shell.status) & 0xff);
  },
  export: exportNames,
  readonly: exportNames,
  return: (shell, args) => {
    throw new FunctionReturn(number(args, 'return', shell.status) & 0xff);
  },
  set,
  shift: (shell, args) => {
    const count = number(args, 'shift', 1);
    if (count > shell.args.length) return 1;
    shell.args = shell.args.slice(count);
    return 0;
  },
  times: (shell) => print(shell, 'times', '0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n'),
  unset: (shell, args) => {
    for (const name of args) {
      if (name === '-v' || name === '-f') continue;
      if (args[0] === '-f') shell.functions.delete(name);
      else if (shell.variables.get(name)?.readonly)
        throw new ShellError(`unset: ${name}: cannot unset: readonly variable`, 1, true);
      else if (!shell.variables.delete(name)) shell.functions.delete(name);
    }
    return 0;
  },
};

async function local(shell: Shell, args: readonly string[], name: string): Promise<number> {
  const saved = shell.locals.at(-1);
  if (!saved) {
    if (name === 'local') throw new ShellError('local: can only be used in a function');
  }
  for (const arg of args.filter((each) => !each.startsWith('-'))) {
    const [variable, value] = split(arg);
    if (saved && !saved.has(variable)) saved.set(variable, shell.variables.get(variable));
    if (value === undefined && saved) shell.variables.delete(variable);
    else shell.variables.set(variable, { value: value ?? '', exported: false });
  }
  return 0;
}

async function changeDirectory(shell: Shell, args: readonly string[]): Promise<number> {
  const wanted = args.find((arg) => arg !== '--' && arg !== '-P' && arg !== '-L') ?? shell.get('HOME') ?? '/root';
  const path = wanted === '-' ? (shell.get('OLDPWD') ?? shell.process.cwd) : wanted;
  const before = shell.process.cwd;
  const ret = shell.process.chdir(path);
  if (ret < 0) throw new ShellError(`cd: ${path}: ${errnoText(ret)}`);
  shell.set('OLDPWD', before);
  return wanted === '-' ? print(shell, 'cd', `${shell.process.cwd}\n`) : 0;
}

/** What `type` calls the kinds of commands. */
const WHAT: Readonly<Record<string, string>> = {
  alias: 'an alias for ',
  builtin: 'a shell builtin',
  function: 'a function',
  keyword: 'a shell keyword',
};

async function alias(shell: Shell, args: readonly string[]): Promise<number> {
  let status = 0;
  const shown = (name: string) => print(shell, 'alias', `alias ${name}='${shell.aliases.get(name)}'\n`);
  if (args.length === 0) for (const name of shell.aliases.keys()) await shown(name);
  for (const arg of args) {
    const [name, value] = split(arg);
    if (value !== undefined) shell.aliases.set(name, value);
    else if (shell.aliases.has(name)) await shown(name);
    else {
      await shell.complain(`alias: ${name}: not found`);
      status = 1;
    }
  }
  return status;
}

function unalias(shell: Shell, args: readonly string[]): number {
  if (args[0] === '-a') shell.aliases.clear();
  for (const name of args) shell.aliases.delete(name);
  return 0;
}

async function describe(shell: Shell, args: readonly string[], name: string): Promise<number> {
  let status = 0;
  for (const each of args) {
    const found = shell.lookUp(each);
    if (found === undefined) {
      status = 1;
      if (name === 'type') await shell.complain(`type: ${each}: not found`);
      continue;
    }
    const isPath = found.startsWith('/');
    const alias = found === 'alias' ? `'${shell.aliases.get(each)}'` : '';
    const text =
      name === 'command'
        ? isPath
          ? found
          : alias
            ? `alias ${each}=${alias}`
            : each
        : `${each} is ${isPath ? found : (WHAT[found] ?? '')}${alias}`;
    await print(shell, name, `${text}\n`);
  }
  return status;
}

async function command(shell: Shell, args: readonly string[]): Promise<number> {
  if (args[0] === '-v' || args[0] === '-V')
    return describe(shell, args.slice(1), args[0] === '-v' ? 'command' : 'type');
  const words = args[0] === '-p' || args[0] === '--' ? args.slice(1) : args;
  if (words.length > 0) await shell.command(words, { functions: false });
  return words.length > 0 ? shell.status : 0;
}

async function getopts(shell: Shell, [letters = '', name = '', ...given]: readonly string[]): Promise<number> {
  const args = given.length > 0 ? given : shell.args;
  const index = Number(shell.get('OPTIND') ?? '1');
  const within = Number(shell.get('_OPTPOS') ?? '1');
  const arg = args[index - 1];
  const end = () => {
    shell.set(name, '?');
    return 1;
  };
  if (arg === undefined || !/^-./.test(arg) || arg === '--') {
    if (arg === '--') shell.set('OPTIND', String(index + 1));
    return end();
  }
  const letter = arg[within]!;
  const at = letters.indexOf(letter);
  const isLast = within + 1 >= arg.length;
  let next = isLast ? index + 1 : index;
  if (at < 0 || letter === ':') {
    shell.set(name, '?');
    if (!letters.startsWith(':')) await shell.complain(`illegal option -- ${letter}`);
    else shell.set('OPTARG', letter);
  } else {
    shell.set(name, letter);
    shell.variables.delete('OPTARG');
    if (letters[at + 1] === ':') {
      const value = isLast ? args[next - 1] : arg.slice(within + 1);
      next = isLast ? next + 1 : index + 1;
      shell.set('_OPTPOS', '1');
      shell.set('OPTIND', String(next));
      if (value === undefined) {
        shell.set(name, letters.startsWith(':') ? ':' : '?');
        return 0;
      }
      shell.set('OPTARG', value);
      return 0;
    }
  }
  shell.set('_OPTPOS', String(isLast ? 1 : within + 1));
  shell.set('OPTIND', String(next));
  return 0;
}

/** Splits a line into the values of `read`'s variables, the last of which takes what is left. */
function readFields(line: string, separators: string, count: number): string[] {
  const blank = [...separators].filter((char) => ' \t\n'.includes(char));
  const isBlank = (char: string | undefined) => char !== undefined && blank.includes(char);
  const isOther = (char: string | undefined) => char !== undefined && separators.includes(char) && !isBlank(char);
  const fields: string[] = [];
  let at = 0;
  const skip = () => {
    while (isBlank(line[at])) at++;
  };
  skip();
  while (fields.length < count - 1 && at < line.length) {
    let end = at;
    while (end < line.length && !isBlank(line[end]) && !isOther(line[end])) end++;
    fields.push(line.slice(at, end));
    at = end;
    skip();
    if (isOther(line[at])) at++;
    skip();
  }
  let end = line.length;
  while (end > at && isBlank(line[end - 1])) end--;
  fields.push(line.slice(at, end));
  return fields;
}

async function read(shell: Shell, args: readonly string[]): Promise<number> {
  let raw = false;
  let at = 0;
  for (; args[at]?.startsWith('-') && args[at] !== '-'; at++) {
    if (args[at]!.includes('r')) raw = true;
    if (/[pdtnNu]$/.test(args[at]!)) at++;
  }
  const names = args.slice(at);
  let text = '';
  for (;;) {
    const line = await shell.process.readLine(0);
    if (typeof line === 'number') throw new ShellError(`read: read error: 0: ${errnoText(line)}`);
    text += line;
    if (raw || !/(^|[^\\])(\\\\)*\\\n$/.test(text)) break;
    text = text.slice(0, -2);
  }
  const hasEnd = text.endsWith('\n');
  const line = hasEnd ? text.slice(0, -1) : text;
  const values = readFields(
    raw ? line : line.replace(/\\(.)/gs, '$1'),
    shell.get('IFS') ?? ' \t\n',
    Math.max(1, names.length),
  );
  for (const [i, name] of (names.length > 0 ? names : ['REPLY']).entries()) shell.set(name, values[i] ?? '');
  return hasEnd ? 0 : 1;
}

/** The other builtins. */
export const BUILTINS: Readonly<Record<string, Builtin>> = {
  ...outputBuiltins,
  ...jobBuiltins,
  '[': testBuiltin,
  alias,
  cd: changeDirectory,
  command,
  declare: local,
  false: () => 1,
  getopts,
  hash: () => 0,
  let: async (shell, args) => {
    let value = 0n;
    for (const arg of args) value = await shell.expander.arithmetic(arg);
    return value === 0n ? 1 : 0;
  },
  local,
  pwd: (shell) => print(shell, 'pwd', `${shell.process.cwd}\n`),
  read,
  test: testBuiltin,
  true: () => 0,
  type: describe,
  typeset: local,
  ulimit: () => 0,
  umask: (shell, [mode]) => {
    if (mode === undefined) return print(shell, 'umask', `${shell.process.umask.toString(8).padStart(4, '0')}\n`);
    if (!/^[0-7]+$/.test(mode)) throw new ShellError(`umask: ${mode}: invalid mode`);
    shell.process.umask = Number.parseInt(mode, 8) & 0o777;
    return 0;
  },
  unalias,
};
