import { errnoText } from '../abi/errno.ts';
import { AwkError } from './awk-lexer.ts';
import { awkRegex } from './awk-values.ts';
import type { ProgramCall } from './program.ts';
import { startChild } from './run-child.ts';
import type { ShellProcess } from './shell-process.ts';

const CHUNK = 65_536;
/** Bytes of output that are written together. */
const BLOCK = 4096;

/** Reads records one after the other. */
class RecordReader {
  readonly fd: number;
  readonly child: ShellProcess | undefined;
  readonly #io: AwkIo;
  #text = '';
  #at = 0;
  #ended = false;

  constructor(io: AwkIo, fd: number, child?: ShellProcess) {
    this.#io = io;
    this.fd = fd;
    this.child = child;
  }

  /** The next record, undefined at the end, or a negative errno. */
  async next(separator: string): Promise<string | undefined | number> {
    for (;;) {
      const found = this.#record(separator);
      if (found !== undefined) return found;
      if (this.#ended) return this.#last(separator);
      await this.#io.flushBeforeWait(this.fd);
      const piece = await this.#io.call.process.read(this.fd, CHUNK);
      if (typeof piece === 'number') return piece;
      this.#ended = piece === '';
      this.#text = this.#text.slice(this.#at) + piece;
      this.#at = 0;
    }
  }

  #record(separator: string): string | undefined {
    const take = (end: number, next: number) => {
      const record = this.#text.slice(this.#at, end);
      this.#at = next;
      return record;
    };
    if (separator.length === 1) {
      const end = this.#text.indexOf(separator, this.#at);
      return end < 0 ? undefined : take(end, end + 1);
    }
    if (separator === '') while (this.#text[this.#at] === '\n') this.#at++;
    const regex = awkRegex(separator || '\n\n+');
    regex.lastIndex = this.#at;
    const match = regex.exec(this.#text);
    if (!match || match[0] === '') return undefined;
    const next = match.index + match[0].length;
    // It might go on in what is still to come.
    return next === this.#text.length && !this.#ended ? undefined : take(match.index, next);
  }

  #last(separator: string): string | undefined {
    const rest = this.#text.slice(this.#at);
    this.#at = this.#text.length;
    if (separator === '') return rest.replace(/\n+$/, '') || undefined;
    return rest === '' ? undefined : rest;
  }
}

interface Output {
  readonly fd: number;
  readonly child?: ShellProcess;
  text: string;
}

/** The files and commands that an awk program reads from and writes to. */
export class AwkIo {
  readonly call: ProgramCall;
  readonly #inputs = new Map<string, RecordReader>();
  readonly #outputs = new Map<string, Output>([['/dev/stdout', { fd: 1, text: '' }]]);

  constructor(call: ProgramCall) {
    this.call = call;
  }

  /** Opens a file to read records from; a negative errno when it cannot be. */
  open(path: string): RecordReader | number {
    const isInput = path === '-' || path === '/dev/stdin';
    const fd = isInput ? 0 : this.call.process.open(path, { read: true });
    return fd < 0 ? fd : new RecordReader(this, fd);
  }

  /** The next record of a file or of a command's output, as `getline` has it. */
  async getline(name: string, isCommand: boolean, separator: string): Promise<string | undefined | number> {
    let reader = this.#inputs.get(name);
    if (!reader) {
      const opened = isCommand ? await this.#readFrom(name) : this.open(name);
      if (typeof opened === 'number') return opened;
      reader = opened;
      this.#inputs.set(name, reader);
    }
    return reader.next(separator);
  }

  /** Writes to a file or command; '' is standard output. */
  write(how: string, name: string, text: string): Promise<void> | undefined {
    const output = this.#outputs.get(name || '/dev/stdout') ?? this.#openOutput(how, name);
    output.text += text;
    return output.text.length >= BLOCK || name === '/dev/stderr' ? this.#flush(output) : undefined;
  }

  async flush(): Promise<void> {
    for (const output of this.#outputs.values()) await this.#flush(output);
  }

  /** Nothing stays unwritten while the program waits for input. */
  async flushBeforeWait(fd: number): Promise<void> {
    if ([...this.#outputs.values()].some(({ text }) => text !== '') && this.call.process.wouldWait(fd))
      await this.flush();
  }

  /** Closes what has a name. Returns the status of a command, or −1 when nothing has it. */
  async close(name: string): Promise<number> {
    const input = this.#inputs.get(name);
    const output = this.#outputs.get(name);
    if (!input && !output) return -1;
    this.#inputs.delete(name);
    this.#outputs.delete(name);
    if (output) await this.#flush(output);
    const { process } = this.call;
    for (const each of [input, output]) if (each && each.fd > 2) process.close(each.fd);
    const child = input?.child ?? output?.child;
    return child ? ((await process.wait(child)) ?? 0) : 0;
  }

  /** Writes what is left and waits for the commands. */
  async end(): Promise<void> {
    await this.flush();
    for (const name of [...this.#inputs.keys(), ...this.#outputs.keys()]) await this.close(name);
  }

  /** Runs a command to its end. */
  async system(command: string): Promise<number> {
    await this.flush();
    const { child, done } = startChild(this.call, ['sh', '-c', command], { waited: true });
    await this.call.process.wait(child);
    return done;
  }

  async #flush(output: Output): Promise<void> {
    const { text } = output;
    if (text === '') return;
    output.text = '';
    const written = await this.call.process.write(output.fd, text);
    if (written < 0) throw new AwkError(`write failure (${errnoText(written)})`);
  }

  async #readFrom(command: string): Promise<RecordReader> {
    await this.flush();
    const { fd, child } = this.#pipe(command, 1);
    return new RecordReader(this, fd, child);
  }

  #openOutput(how: string, name: string): Output {
    const output: Output = { ...(how === '|' ? this.#pipe(name, 0) : { fd: this.#openFile(how, name) }), text: '' };
    this.#outputs.set(name, output);
    return output;
  }

  #openFile(how: string, name: string): number {
    if (name === '/dev/stderr') return 2;
    if (name === '-') return 1;
    const append = how === '>>';
    const fd = this.call.process.open(name, { write: true, create: true, append, truncate: !append });
    if (fd < 0) throw new AwkError(`cannot open "${name}" (${errnoText(fd)})`);
    return fd;
  }

  /** A command whose input (0) or output (1) is a pipe. */
  #pipe(command: string, end: 0 | 1): { fd: number; child: ShellProcess } {
    const { process } = this.call;
    const [from, to] = process.pipe();
    const [theirs, ours] = end === 0 ? [from, to] : [to, from];
    const { child } = startChild(this.call, ['sh', '-c', command], {
      prepare: (each) => {
        each.dup(theirs, end);
        each.close(theirs);
        each.close(ours);
      },
    });
    process.close(theirs);
    return { fd: ours, child };
  }
}
