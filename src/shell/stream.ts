import { Errno } from '../abi/errno.ts';

/** What stat(2) tells of a file. */
export interface FileStat {
  readonly kind: 'file' | 'dir' | 'link' | 'char' | 'pipe';
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  readonly links: number;
  readonly ino: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  /** Where its file system is mounted. */
  readonly mount: string;
}

/** An open file, shared by those who inherit it. Text is latin1: one character a byte. Errors are negative errnos. */
export interface Stream {
  /** Its path, or what it is. */
  readonly path: string;
  readonly isTerminal?: boolean;
  /** Up to `size` bytes: `''` at the end, −EAGAIN when there are none yet. Missing: −EBADF. */
  read?(size: number): string | number;
  /** Takes bytes: how many, −EAGAIN when there is no room yet. Missing: −EBADF. */
  write?(data: string): number;
  /** Calls back once when there is something to read; false when there is no need to wait. */
  waitRead?(wake: () => void): boolean;
  /** Forgets one that waits to read. */
  cancelRead?(wake: () => void): void;
  /** The same for room to write. */
  waitWrite?(wake: () => void): boolean;
  /** Goes to an offset; missing: −ESPIPE. */
  seek?(to: number): number;
  stat?(): FileStat;
  close(): void;
}

/** A stream and how many descriptors there are of it. */
export class Description {
  readonly stream: Stream;
  #users = 0;

  constructor(stream: Stream) {
    this.stream = stream;
  }

  use(): Description {
    this.#users++;
    return this;
  }

  release(): void {
    if (--this.#users === 0) this.stream.close();
  }
}

/** Bytes that a pipe holds. */
const PIPE_SIZE = 65_536;

/** A pipe: what is written at one end is read at the other. */
export class Pipe {
  readonly reader: Stream;
  readonly writer: Stream;
  #data = '';
  #readers = true;
  #writers = true;
  #waiting: (() => void)[] = [];

  constructor(number: number) {
    const path = `pipe:[${number}]`;
    const stat = (): FileStat => ({
      kind: 'pipe',
      mode: 0o600,
      uid: 0,
      gid: 0,
      size: 0,
      links: 1,
      ino: number,
      mtime: 0,
      mount: '',
    });
    this.reader = {
      path,
      stat,
      read: (size) => this.#read(size),
      waitRead: (wake) => this.#wait(this.#data === '' && this.#writers, wake),
      close: () => {
        this.#readers = false;
        this.#wakeAll();
      },
    };
    this.writer = {
      path,
      stat,
      write: (data) => this.#write(data),
      waitWrite: (wake) => this.#wait(this.#data.length >= PIPE_SIZE && this.#readers, wake),
      close: () => {
        this.#writers = false;
        this.#wakeAll();
      },
    };
  }

  #read(size: number): string | number {
    if (this.#data === '') return this.#writers ? -Errno.EAGAIN : '';
    const piece = this.#data.slice(0, size);
    this.#data = this.#data.slice(size);
    this.#wakeAll();
    return piece;
  }

  #write(data: string): number {
    if (!this.#readers) return -Errno.EPIPE;
    const room = PIPE_SIZE - this.#data.length;
    if (room <= 0) return -Errno.EAGAIN;
    const piece = data.slice(0, room);
    this.#data += piece;
    this.#wakeAll();
    return piece.length;
  }

  #wait(needed: boolean, wake: () => void): boolean {
    if (needed) this.#waiting.push(wake);
    return needed;
  }

  #wakeAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
