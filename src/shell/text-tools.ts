import { Bash, type IFileSystem, unsafeBytesFromLatin1 } from 'just-bash';
import { errnoName, errnoText } from '../abi/errno.ts';
import { complain, options, type Program, print, readAll } from './program.ts';

import { readFile } from './read-file.ts';
import type { ShellProcess } from './shell-process.ts';

/** How a tool's words are to be read. */
interface ToolWords {
  /** Letters of options with a value. */
  readonly valued?: string;
  /** Operands in front that are no files, unless one of the options in `instead` is given. */
  readonly leading?: number;
  readonly instead?: string;
  /** Whether it computes from its words alone. */
  readonly pure?: boolean;
}

/** Text tools of just-bash that are used as they are. */
const TOOLS = {
  base64: { valued: 'w' },
  basename: { pure: true },
  column: { valued: 'sco' },
  comm: {},
  cut: { valued: 'dfcb' },
  diff: { valued: 'UC' },
  dirname: { pure: true },
  expand: { valued: 't' },
  expr: { pure: true },
  fold: { valued: 'w' },
  join: { valued: 't12ojaev' },
  jq: { leading: 1 },
  md5sum: {},
  nl: { valued: 'bnwsv' },
  od: { valued: 'AtNjw' },
  paste: { valued: 'd' },
  rev: {},
  sed: { valued: 'ef', leading: 1, instead: 'ef' },
  seq: { pure: true },
  sha1sum: {},
  sha256sum: {},
  sort: { valued: 'ktoTS' },
  split: { valued: 'lbn' },
  strings: { valued: 'nt' },
  tac: {},
  tail: { valued: 'nc' },
  tr: { leading: 9 },
  unexpand: { valued: 't' },
  uniq: { valued: 'fsw' },
  wc: {},
} as const satisfies Record<string, ToolWords>;

type ToolName = keyof typeof TOOLS;

/** Whether a tool reads standard input: it is named, or no file is. */
function readsInput(name: ToolName, args: readonly string[]): boolean {
  const { pure, valued, leading = 0, instead = '' }: ToolWords = TOOLS[name];
  if (pure) return false;
  const { flags, rest } = options(args, valued);
  const skipped = [...instead].some((letter) => flags.has(letter)) ? 0 : leading;
  const files = rest.slice(skipped);
  return files.length === 0 || files.includes('-');
}

/** Bytes that a program's buffered output is written in. */
const BLOCK = 4096;

/** The tools' own limits are for programs that nobody trusts; what runs here is the user's. */
const NO_LIMIT = 1_000_000_000;
const LIMITS = {
  maxArrayElements: NO_LIMIT,
  maxExecutionTimeMs: NO_LIMIT,
  maxInputBytes: NO_LIMIT,
  maxJqIterations: NO_LIMIT,
  maxLiveBytes: NO_LIMIT,
  maxLoopIterations: NO_LIMIT,
  maxSedIterations: NO_LIMIT,
  maxStringLength: NO_LIMIT,
  maxWorkUnits: NO_LIMIT,
};

/** Runs the tools one after the other: they share an interpreter and its file system. */
class Toolbox {
  readonly #bash: Bash;
  #process: ShellProcess | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor() {
    this.#bash = new Bash({
      commands: Object.keys(TOOLS) as ToolName[],
      defenseInDepth: false,
      executionLimits: LIMITS,
      fs: toolFiles(() => this.#process!),
    });
  }

  /** Runs a tool on what it is given. */
  run(process: ShellProcess, name: string, args: readonly string[], stdin: string) {
    const done = process.system.scheduler.outside();
    const mine = this.#turn.then(async () => {
      this.#process = process;
      const options = { args: [...args], stdin, stdinKind: 'bytes' as const, cwd: process.cwd, replaceEnv: true };
      try {
        return await this.#bash.exec(name, options);
      } finally {
        this.#process = undefined;
        done();
      }
    });
    this.#turn = mine.catch(() => {});
    return mine;
  }
}

const boxes = new WeakMap<object, Toolbox>();

function toolbox({ system }: ShellProcess): Toolbox {
  const known = boxes.get(system);
  if (known) return known;
  const box = new Toolbox();
  boxes.set(system, box);
  return box;
}

const tool: Program = async (call) => {
  const { process, name, args } = call;
  const stdin = readsInput(name as ToolName, args) ? await readAll(process, 0) : '';
  if (typeof stdin === 'number') return complain(call, `-: ${errnoText(stdin)}`);
  const result = await toolbox(process).run(process, name, args, stdin);
  process.check();
  const bytes =
    result.stdoutKind === 'bytes' || result.stdoutEncoding === 'binary' ? result.stdout : utf8(result.stdout);
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const status = await print(call, bytes.slice(at, at + BLOCK));
    if (status !== 0) return status;
  }
  if (result.stderr !== '') await process.write(2, utf8(result.stderr).replace(/^bash: /gm, ''));
  return result.exitCode;
};

const utf8 = (text: string) => (/^[\0-\xff]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1'));

/** The file system as the tools see it: that of the process that runs. Nothing in it waits. */
function toolFiles(current: () => ShellProcess): IFileSystem {
  const fail = (errno: number, path: string): never => {
    throw new Error(`${errnoName(errno) ?? 'EIO'}: ${errnoText(errno).toLowerCase()}, '${path}'`);
  };
  const check = (ret: number, path: string) => {
    if (ret < 0) fail(ret, path);
  };
  const bytes = async (path: string): Promise<string> => {
    const text = await readFile(current(), path, true);
    return typeof text === 'number' ? fail(text, path) : text;
  };
  const write = async (path: string, content: string | Uint8Array, append: boolean) => {
    const process = current();
    const data = typeof content === 'string' ? utf8(content) : Buffer.from(content).toString('latin1');
    const fd = process.open(path, { write: true, create: true, append, truncate: !append });
    check(fd, path);
    const written = await process.write(fd, data);
    process.close(fd);
    check(written, path);
  };
  const stat = async (path: string, follow: boolean) => {
    const found = current().stat(path, follow);
    if (typeof found === 'number') return fail(found, path);
    const { kind, mode, size, mtime, ino } = found;
    return {
      isFile: kind !== 'dir' && kind !== 'link',
      isDirectory: kind === 'dir',
      isSymbolicLink: kind === 'link',
      mode,
      size,
      mtime: new Date(mtime * 1000),
      ino,
    };
  };
  const list = async (path: string) => {
    const names = current().list(path);
    return typeof names === 'number' ? fail(names, path) : names;
  };
  const real = async (path: string) => {
    const found = current().system.vfs.realPath(current(), path);
    return typeof found === 'number' ? fail(found, path) : found;
  };
  return {
    readFile: async (path) => Buffer.from(await bytes(path), 'latin1').toString('utf8'),
    readFileBytes: async (path) => unsafeBytesFromLatin1(await bytes(path)),
    readFileBuffer: async (path) => Buffer.from(await bytes(path), 'latin1'),
    writeFile: (path, content) => write(path, content, false),
    appendFile: (path, content) => write(path, content, true),
    exists: async (path) => typeof current().stat(path) !== 'number',
    stat: (path) => stat(path, true),
    lstat: (path) => stat(path, false),
    mkdir: async (path) => check(current().mkdir(path), path),
    readdir: list,
    rm: async (path) => check(current().system.vfs.unlink(current(), path), path),
    cp: async (from, to) => write(to, await bytes(from), false),
    mv: async (from, to) => check(current().system.vfs.rename(current(), from, to), from),
    resolvePath: (base, path) => (path.startsWith('/') ? path : `${base.replace(/\/$/, '')}/${path}`),
    getAllPaths: () => [],
    chmod: async (path, mode) => check(current().system.vfs.change(current(), path, { mode }), path),
    symlink: async (target, path) => check(current().system.vfs.symlink(current(), target, path), path),
    link: async (_, path) => fail(-1, path),
    readlink: async (path) => {
      const target = current().system.vfs.readlink(current(), path);
      return typeof target === 'number' ? fail(target, path) : target;
    },
    realpath: real,
    utimes: async () => {},
  };
}

/** Text tools by name. */
export const textTools: Readonly<Record<string, Program>> = Object.fromEntries(
  Object.keys(TOOLS).map((name) => [name, tool]),
);
