import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';

/** What /proc tells of a process at one moment. */
export interface ProcessState {
  readonly comm: string;
  readonly ppid: number;
  /** Clock ticks after boot at which it started. */
  readonly started: number;
  /** Minor page faults of its children that have exited and were waited for. */
  readonly childFaults: number;
  /** Its own minor page faults. */
  readonly faults: number;
}

/** Where host processes are looked at. */
export interface ProcessSource {
  /** The state of a process or thread; undefined when there is none, or no longer the one that was looked at before. */
  look(pid: number): ProcessState | undefined;
  /** Pids of its living children; none where the kernel does not tell. */
  children(pid: number): number[];
  /** The process that a thread belongs to. */
  leader(pid: number): number;
  /** Path of the program that it runs. */
  program(pid: number): string | undefined;
  /** The last pid that was given to anybody. */
  lastPid(): number;
  /** Pids are below this. */
  maxPid(): number;
  /** It is of no interest any more. */
  forget(pid: number): void;
}

/** Files of /proc that are kept open at a time. */
const MOST_OPEN = 128;

/** Reads /proc. A file that stays open shows its process only, whoever gets the pid next. */
export class ProcFiles implements ProcessSource {
  readonly #open = new Map<string, number>();
  readonly #buffer = Buffer.allocUnsafe(4096);

  look(pid: number): ProcessState | undefined {
    const text = this.#read(`/proc/${pid}/stat`);
    return text === undefined ? undefined : parseStat(text);
  }

  children(pid: number): number[] {
    const text = this.#read(`/proc/${pid}/task/${pid}/children`) ?? '';
    return text.split(' ').filter(Boolean).map(Number);
  }

  leader(pid: number): number {
    return Number(/^Tgid:\t(\d+)$/m.exec(this.#readOnce(`/proc/${pid}/status`) ?? '')?.[1] ?? pid);
  }

  program(pid: number): string | undefined {
    try {
      return readlinkSync(`/proc/${pid}/exe`);
    } catch {
      return undefined;
    }
  }

  lastPid(): number {
    return Number(this.#read('/proc/loadavg')?.trimEnd().split(' ').at(-1) ?? 0);
  }

  maxPid(): number {
    return Number(this.#readOnce('/proc/sys/kernel/pid_max') ?? 32_768);
  }

  forget(pid: number): void {
    for (const path of [`/proc/${pid}/stat`, `/proc/${pid}/task/${pid}/children`]) this.#close(path);
  }

  #read(path: string): string | undefined {
    try {
      let fd = this.#open.get(path);
      if (fd === undefined) {
        for (const oldest of this.#open.keys()) {
          if (this.#open.size < MOST_OPEN) break;
          this.#close(oldest);
        }
        fd = openSync(path, 'r');
        this.#open.set(path, fd);
      }
      return this.#buffer.toString('latin1', 0, readSync(fd, this.#buffer, 0, this.#buffer.length, 0));
    } catch {
      this.#close(path);
      return undefined;
    }
  }

  #readOnce(path: string): string | undefined {
    const text = this.#read(path);
    this.#close(path);
    return text;
  }

  #close(path: string): void {
    const fd = this.#open.get(path);
    if (fd !== undefined) closeSync(fd);
    this.#open.delete(path);
  }
}

/** Reads a line of /proc/PID/stat; a name may have blanks and brackets in it. */
export function parseStat(text: string): ProcessState | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(' ');
  return {
    comm: text.slice(open + 1, close),
    ppid: Number(fields[1]),
    faults: Number(fields[7]),
    childFaults: Number(fields[8]),
    started: Number(fields[19]),
  };
}
