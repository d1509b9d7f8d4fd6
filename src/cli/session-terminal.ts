import { emitKeypressEvents } from 'node:readline';
import type { Stream, Terminal } from '../shell/index.ts';
import { put } from './output.ts';

const EAGAIN = 11;

interface Key {
  readonly name?: string;
  readonly ctrl?: boolean;
  readonly sequence?: string;
}

/** The terminal of a session while commands run: what is typed is theirs, Ctrl-C stops them. */
export class SessionTerminal implements Terminal {
  readonly stdin: Stream;
  readonly stdout: Stream = output(1);
  readonly stderr: Stream = output(2);
  /** What was typed and not read yet. */
  #typed = '';
  #line = '';
  #ended = false;
  #waiting: (() => void)[] = [];

  constructor() {
    emitKeypressEvents(process.stdin);
    this.stdin = {
      path: '/dev/console',
      isTerminal: true,
      read: (size) => this.#read(size),
      waitRead: (wake) => {
        const waits = this.#typed === '' && !this.#ended;
        if (waits) this.#waiting.push(wake);
        return waits;
      },
      cancelRead: (wake) => {
        this.#waiting = this.#waiting.filter((each) => each !== wake);
      },
      close: () => {},
    };
  }

  /**
   * Keys go to commands until the terminal is released, which gives back what was typed and nobody read.
   * @param typed what was typed before
   */
  attach(interrupt: () => void, typed: string): () => string {
    const press = (text: string | undefined, key: Key) => this.#press(text, key, interrupt);
    process.stdin.setRawMode(true);
    process.stdin.on('keypress', press);
    process.stdin.resume();
    const last = typed.lastIndexOf('\n') + 1;
    this.#typed = typed.slice(0, last);
    this.#line = typed.slice(last);
    this.#ended = false;
    return () => {
      process.stdin.off('keypress', press);
      process.stdin.setRawMode(false);
      process.stdin.pause();
      const unread = this.#typed + this.#line;
      this.#typed = '';
      this.#line = '';
      return unread;
    };
  }

  #press(text: string | undefined, key: Key, interrupt: () => void): void {
    if (key.ctrl && key.name === 'c') {
      put('^C\n');
      this.#typed = '';
      this.#line = '';
      interrupt();
    } else if (key.ctrl && key.name === 'd') {
      if (this.#line === '') this.#ended = true;
      this.#deliver(this.#line);
    } else if (key.name === 'return' || key.name === 'enter') {
      put('\n');
      this.#deliver(`${this.#line}\n`);
    } else if (key.name === 'backspace') {
      if (this.#line !== '') put('\b \b');
      this.#line = this.#line.slice(0, -1);
    } else if (text !== undefined && !key.ctrl) {
      const bytes = Buffer.from(text, 'utf8').toString('latin1');
      put(bytes);
      this.#line += bytes;
    }
  }

  #deliver(text: string): void {
    this.#typed += text;
    this.#line = '';
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #read(size: number): string | number {
    if (this.#typed === '') {
      if (!this.#ended) return -EAGAIN;
      this.#ended = false;
      return '';
    }
    // A terminal gives a line at a time.
    const line = this.#typed.indexOf('\n') + 1 || this.#typed.length;
    const piece = this.#typed.slice(0, Math.min(size, line));
    this.#typed = this.#typed.slice(piece.length);
    return piece;
  }
}

const output = (fd: 1 | 2): Stream => ({
  path: '/dev/console',
  isTerminal: true,
  write: (data) => {
    if (fd === 1) put(data);
    else process.stderr.write(Buffer.from(data, 'latin1'));
    return data.length;
  },
  close: () => {},
});
