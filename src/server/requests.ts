import type { Shown } from '../fuse/index.ts';
import type { Executed } from '../shell/index.ts';
import type { OpenMode } from './kernel-files.ts';

/**
 * What a client may ask of a kernel. Text is latin1: one character a byte. A path is one of a tracing file, or that of a file in a system:
 * `/sys/kernel/tracing/trace`, `/proc/kallsyms`.
 */
export type KernelRequest =
  | { readonly op: 'hello'; readonly pid: number }
  | { readonly op: 'open'; readonly path: string; readonly how: OpenMode }
  | { readonly op: 'read'; readonly file: number; readonly size: number }
  | { readonly op: 'write'; readonly file: number; readonly data: string }
  | { readonly op: 'close'; readonly file: number }
  | { readonly op: 'list' | 'stat' | 'mkdir' | 'rmdir'; readonly path: string }
  | { readonly op: 'run'; readonly workload: string; readonly seed?: number }
  | { readonly op: 'status' | 'shutdown' }
  | { readonly op: 'mount'; readonly shows: Shown; readonly time: number }
  | ShellRequest;

/** What a client may ask of the shell that runs for it, inside the kernel's process. */
export type ShellRequest =
  /** Runs a script; the answer is its exit status. */
  | (ShellStart & {
      readonly op: 'script';
      readonly text: string;
      readonly name: string;
      readonly args: readonly string[];
    })
  /** Starts a shell that takes commands. */
  | (ShellStart & { readonly op: 'session' })
  | { readonly op: 'execute' | 'complete'; readonly text: string }
  | { readonly op: 'commands' }
  /** Ctrl-C. */
  | { readonly op: 'interrupt' }
  /** What standard input gives; `''` at its end. */
  | { readonly op: 'input'; readonly data: string }
  /** Nobody reads an output any more. */
  | { readonly op: 'unread'; readonly fd: number };

interface ShellStart {
  /** Which of standard input, output and error are a terminal. */
  readonly terminal: readonly boolean[];
}

/** What a shell tells its terminal without being asked. */
export type ShellEvent =
  /** It wrote to standard output (1) or error (2). */
  | { readonly fd: number; readonly data: string }
  /** It waits for input. */
  | { readonly wants: 'input' };

/** What it answers. `ret` is 0, a number of bytes, a handle, or a negative errno. */
export interface KernelResponse {
  readonly ret: number;
  /** What a read gave. */
  readonly data?: string;
  /** Names in a directory. */
  readonly names?: readonly string[];
  /** What stat(2) tells. */
  readonly stat?: { readonly kind: 'file' | 'dir'; readonly mode: number };
  readonly status?: KernelStatus;
  /** What a shell's command brought. */
  readonly executed?: Executed;
  /** What the end of a shell's line may become, and the part of it that is replaced. */
  readonly completion?: [string[], string];
  /** Why something that is no file operation was refused. */
  readonly error?: string;
}

/** What is told of a kernel that is up. */
export interface KernelStatus {
  readonly name: string;
  /** Process that it lives in. */
  readonly pid: number;
  /** `uname -r`. */
  readonly release: string;
  readonly profile: string;
  /** Folder that the profile is in. */
  readonly profileDir: string;
  readonly cpus: number;
  readonly seed: number;
  /** Nanoseconds of simulated time since it was booted. */
  readonly ns: number;
  /** Connections, and mounts among them. */
  readonly clients: number;
  readonly mounts: number;
  /** Dynamic events that are defined. */
  readonly events: number;
}

/** Fields that each request must have, and what they are. */
const FIELDS: Readonly<Record<KernelRequest['op'], Readonly<Record<string, 'number' | 'string' | 'object'>>>> = {
  hello: { pid: 'number' },
  open: { path: 'string', how: 'object' },
  read: { file: 'number', size: 'number' },
  write: { file: 'number', data: 'string' },
  close: { file: 'number' },
  list: { path: 'string' },
  stat: { path: 'string' },
  mkdir: { path: 'string' },
  rmdir: { path: 'string' },
  run: { workload: 'string' },
  status: {},
  shutdown: {},
  mount: { shows: 'string', time: 'number' },
  script: { text: 'string', name: 'string', args: 'object', terminal: 'object' },
  session: { terminal: 'object' },
  execute: { text: 'string' },
  complete: { text: 'string' },
  commands: {},
  interrupt: {},
  input: { data: 'string' },
  unread: { fd: 'number' },
};

/** A request with the id that its answer shall have; undefined when a message is none. */
export function parseRequest(value: unknown): { readonly id: number; readonly request: KernelRequest } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, op, ...rest } = value as Record<string, unknown>;
  if (typeof id !== 'number' || typeof op !== 'string' || !Object.hasOwn(FIELDS, op)) return undefined;
  for (const [field, type] of Object.entries(FIELDS[op as KernelRequest['op']]))
    if (typeof rest[field] !== type || rest[field] === null) return undefined;
  return { id, request: { op, ...rest } as KernelRequest };
}
