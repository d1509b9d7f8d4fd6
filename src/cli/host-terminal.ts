import type { ShellSystem, Stream, Terminal } from '../shell/index.ts';
import { put } from './output.ts';

/** The host's standard streams for a shell. */
export interface HostTerminal extends Terminal {
  /** From now on Ctrl-C calls back, and a system here knows when its input is waited for. */
  attach(interrupt: () => void, system?: ShellSystem): void;
  /** Gives the host's streams back. */
  detach(): void;
}

const EAGAIN = 11;
const EPIPE = 32;

/** The host's standard streams as a shell uses them. With `noInput`, standard input is at its end. */
export function hostTerminal(noInput: boolean): HostTerminal {
  let system: ShellSystem | undefined;
  const input = new HostInput(() => system);
  let onInterrupt = () => {};
  const isTerminal = (fd: 0 | 1 | 2) => [process.stdin, process.stdout, process.stderr][fd]!.isTTY === true;
  const output = (fd: 1 | 2): Stream => ({
    path: isTerminal(fd) ? '/dev/console' : `pipe:[${fd}]`,
    isTerminal: isTerminal(fd),
    write: (data) => {
      if (fd === 1) return put(data) ? data.length : -EPIPE;
      process.stderr.write(Buffer.from(data, 'latin1'));
      return data.length;
    },
    close: () => {},
  });
  return {
    stdin: noInput ? { path: '/dev/null', read: () => '', close: () => {} } : input,
    stdout: output(1),
    stderr: output(2),
    attach: (interrupt, to) => {
      onInterrupt = interrupt;
      system = to;
      process.on('SIGINT', onInterrupt);
    },
    detach: () => {
      process.off('SIGINT', onInterrupt);
      input.stop();
    },
  };
}

/** The host's standard input, read when somebody waits for it. */
class HostInput implements Stream {
  readonly path = '/dev/console';
  readonly isTerminal = process.stdin.isTTY === true;
  readonly #system: () => ShellSystem | undefined;
  #data = '';
  #ended = false;
  #started = false;
  #waiting: (() => void)[] = [];

  constructor(system: () => ShellSystem | undefined) {
    this.#system = system;
  }

  read(size: number): string | number {
    if (this.#data === '') return this.#ended ? '' : -EAGAIN;
    const piece = this.#data.slice(0, size);
    this.#data = this.#data.slice(size);
    return piece;
  }

  waitRead(wake: () => void): boolean {
    if (this.#data !== '' || this.#ended) return false;
    const done = this.#system()?.scheduler.outside();
    this.#waiting.push(() => {
      done?.();
      wake();
    });
    this.#start();
    return true;
  }

  close(): void {}

  stop(): void {
    if (this.#started) process.stdin.destroy();
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    process.stdin.on('data', (chunk: Buffer) => {
      this.#data += chunk.toString('latin1');
      this.#wakeAll();
    });
    const end = () => {
      this.#ended = true;
      this.#wakeAll();
    };
    process.stdin.on('end', end);
    process.stdin.on('error', end);
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
