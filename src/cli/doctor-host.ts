import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a path is on the host. */
export type PathKind = 'file' | 'dir' | 'device';

/** The machine that the program runs on, as far as the probes of `fprobe doctor` ask. */
export interface Host {
  /** `process.version` without its v. */
  readonly node: string;
  /** `linux`, `darwin`, … */
  readonly platform: string;
  /** `uname -r`. */
  readonly release: string;
  /** Effective user id. */
  readonly uid: number;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Size of the terminal on stdout; `undefined` when it is none. */
  readonly terminal: { readonly columns: number; readonly rows: number } | undefined;
  kind(path: string): PathKind | undefined;
  /** Whether the path can be opened so. */
  may(path: string, how: 'r' | 'w' | 'rw'): boolean;
  /** The first bytes of a file as text; `undefined` when it cannot be read. */
  read(path: string): string | undefined;
  /** Where a program is, by PATH. */
  find(program: string): string | undefined;
  /** Runs a program for at most some seconds: whether it ended well, and what it said on stdout. */
  run(program: string, args: readonly string[]): { readonly ok: boolean; readonly out: string };
}

const READ_BYTES = 1 << 20;
const RUN_MS = 5000;
const MODES = { r: constants.R_OK, w: constants.W_OK, rw: constants.R_OK | constants.W_OK } as const;

const orUndefined = <T>(ask: () => T): T | undefined => {
  try {
    return ask();
  } catch {
    return undefined;
  }
};

function firstBytes(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(READ_BYTES);
    let length = 0;
    for (let n = 1; n > 0 && length < READ_BYTES; length += n)
      n = readSync(fd, bytes, length, READ_BYTES - length, null);
    return bytes.toString('latin1', 0, length);
  } finally {
    closeSync(fd);
  }
}

/** The host as it is. */
export function realHost(): Host {
  const { env, stdout, platform } = process;
  const may: Host['may'] = (path, how) => orUndefined(() => accessSync(path, MODES[how]) ?? true) ?? false;
  return {
    node: process.versions.node,
    platform,
    release: orUndefined(() => firstBytes('/proc/sys/kernel/osrelease').trim()) ?? '',
    uid: process.geteuid?.() ?? -1,
    home: env.HOME ?? '/',
    env,
    terminal: stdout.isTTY ? { columns: stdout.columns, rows: stdout.rows } : undefined,
    kind: (path) =>
      orUndefined(() => {
        const stat = statSync(path);
        return stat.isDirectory() ? 'dir' : stat.isFile() ? 'file' : 'device';
      }),
    may,
    read: (path) => orUndefined(() => firstBytes(path)),
    find: (program) =>
      (env.PATH ?? '')
        .split(delimiter)
        .map((dir) => join(dir, program))
        .find((path) => orUndefined(() => accessSync(path, constants.X_OK) ?? statSync(path).isFile())),
    run: (program, args) => {
      const run = spawnSync(program, args, { timeout: RUN_MS, stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });
      return { ok: run.status === 0, out: run.stdout ?? '' };
    },
  };
}
