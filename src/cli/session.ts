import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { type ProbeErrorCode, ProbeErrorText } from '../abi/probe-errors.ts';
import type { KernelProfile } from '../profile/index.ts';
import { type Executed, isIncomplete } from '../shell/index.ts';
import { Hints } from '../ui/hints.ts';
import { colourOf } from './session-colour.ts';
import { SessionCompleter } from './session-complete.ts';
import { SessionTerminal } from './session-terminal.ts';

/** Lines of history that are kept. */
const HISTORY_SIZE = 1000;

const HELP = `This is a shell on a simulated Linux machine, at its tracing files.

  echo 'f:rd vfs_read count ret=$retval' >> dynamic_events
                                        define (Tab completes)
  echo 1 > events/fprobes/rd/enable     enable
  run cat                               run a recorded program; run lists them
  cat trace                             read
  cat trace_pipe                        read on; Ctrl-C ends it
  cat error_log README                  what was refused, what there is

Ctrl-C stops a command, Ctrl-D leaves. Builtins and programs:
`;

/** What a definition means for the kernel and the shell takes for a variable of its own. */
const REPLACED = /"[^"]*[^\\](\$(?:arg\d|retval|stack|comm|current)\w*)/;

export { SessionTerminal };

/** Where the history is kept between sessions. */
function historyFile(): string {
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'fprobe', 'history');
}

function readHistory(): string[] {
  try {
    return existsSync(historyFile()) ? readFileSync(historyFile(), 'utf8').split('\n').filter(Boolean) : [];
  } catch {
    return [];
  }
}

/** A text as the shell has it, one character a byte. */
const toBytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

/** A history that cannot be written is no reason to stop. */
function writeHistory(lines: readonly string[]): void {
  try {
    mkdirSync(dirname(historyFile()), { recursive: true, mode: 0o700 });
    writeFileSync(historyFile(), `${lines.slice(0, HISTORY_SIZE).join('\n')}\n`, { mode: 0o600 });
  } catch {}
}

/** The shell of a session, here or in a kernel that is up. Text of commands is latin1. */
export interface SessionShell {
  readonly cwd: string;
  execute(text: string): Promise<Executed>;
  /** What the last word of a line may become, and the part of it that is replaced. */
  complete(text: string): [string[], string] | Promise<[string[], string]>;
  /** Names of what can be called. */
  commands(): readonly string[] | Promise<readonly string[]>;
  interrupt(): void;
  finish(): Promise<number>;
}

/** The kernel that a session is about, as far as hints and completion need to know. */
interface SessionKernel {
  readonly profile: KernelProfile;
  readonly arch: ConstructorParameters<typeof Hints>[1];
}

/** Reads commands at a terminal, one after the other, and runs them. Returns the shell's exit status. */
export function session(shell: SessionShell, terminal: SessionTerminal, kernel: SessionKernel): Promise<number> {
  return new Session(shell, terminal, kernel).run();
}

class Session {
  readonly #shell: SessionShell;
  readonly #terminal: SessionTerminal;
  readonly #completer: SessionCompleter;
  readonly #hints: Hints;
  readonly #colour = colourOf(process.stderr);
  #history = readHistory();
  /** Lines that were typed or pasted before they were asked for, and the beginning of the next. */
  #ahead: string[] = [];
  #begun = '';

  constructor(shell: SessionShell, terminal: SessionTerminal, { profile, arch }: SessionKernel) {
    this.#shell = shell;
    this.#terminal = terminal;
    this.#completer = new SessionCompleter(shell, profile);
    this.#hints = new Hints(profile, arch);
  }

  async run(): Promise<number> {
    try {
      return await this.#commands();
    } finally {
      writeHistory(this.#history);
    }
  }

  async #commands(): Promise<number> {
    for (;;) {
      const text = await this.#read();
      if (text === undefined) return this.#shell.finish();
      if (text.trim() === '') continue;
      if (text.trim() === 'help') {
        await this.#help();
        continue;
      }
      const { ended, logged } = await this.#execute(toBytes(text));
      if (ended !== undefined) {
        await this.#shell.finish();
        return ended;
      }
      if (logged !== undefined) this.#explain(logged, text);
    }
  }

  async #help(): Promise<void> {
    const names = ['help', ...(await this.#shell.commands())].sort().join(' ');
    process.stdout.write(`${HELP}  ${names.replace(/(.{1,76})( |$)/g, '$1\n  ').trimEnd()}\n`);
  }

  /** A whole command, of as many lines as it takes; undefined when the session is to end. */
  async #read(): Promise<string | undefined> {
    let text = '';
    for (;;) {
      const answer = await this.#line(text === '' ? this.#prompt() : '> ');
      if (answer === 'left') return undefined;
      if (answer === 'given up') {
        text = '';
        continue;
      }
      text += `${answer.line}\n`;
      if (!isIncomplete(text)) return text;
    }
  }

  #prompt(): string {
    const { cwd } = this.#shell;
    return `${cwd.replace(/^\/sys\/kernel\/tracing/, 'tracing')}# `;
  }

  #line(prompt: string): Promise<{ readonly line: string } | 'left' | 'given up'> {
    const line = this.#ahead.shift();
    if (line !== undefined) {
      process.stdout.write(`${prompt}${line}\n`);
      if (line !== '') this.#history.unshift(line);
      return Promise.resolve({ line });
    }
    return new Promise((resolve) => {
      const lines: Interface = createInterface({
        input: process.stdin,
        output: process.stdout,
        prompt,
        terminal: true,
        history: [...this.#history],
        historySize: HISTORY_SIZE,
        removeHistoryDuplicates: true,
        completer: (text: string, done: (error: Error | null, found?: [string[], string]) => void) => {
          this.#completer.complete(text).then((found) => done(null, found), done);
        },
      });
      lines.on('history', (history: string[]) => {
        this.#history = [...history];
      });
      let answer: { readonly line: string } | 'left' | 'given up' = 'left';
      lines.on('line', (line) => {
        // Of what is pasted the rest comes right behind.
        if (typeof answer === 'object') this.#ahead.push(line);
        else setImmediate(() => lines.close());
        answer = typeof answer === 'object' ? answer : { line };
      });
      lines.on('SIGINT', () => {
        process.stdout.write('^C\n');
        answer = 'given up';
        lines.close();
      });
      lines.on('close', () => {
        if (answer === 'left') process.stdout.write('\n');
        this.#begun = typeof answer === 'object' ? lines.line : '';
        resolve(answer);
      });
      lines.prompt();
      if (this.#begun !== '') lines.write(this.#begun);
    });
  }

  async #execute(text: string): Promise<Executed> {
    const typed = toBytes([...this.#ahead, this.#begun].join('\n'));
    const release = this.#terminal.attach(() => this.#shell.interrupt(), typed);
    try {
      return await this.#shell.execute(text);
    } finally {
      const unread = Buffer.from(release(), 'latin1').toString('utf8').split('\n');
      this.#begun = unread.pop() ?? '';
      this.#ahead = unread;
    }
  }

  /** Shows what the kernel logged about a refusal, and what would be right. */
  #explain(last: string, typed: string): void {
    const match = /^\[[^\]]*\] (\w[\w ]*): error: (.*)\n {2}Command: (.*)\n( *)\^/.exec(last);
    process.stderr.write(this.#colour.dim(Buffer.from(last.replace(/^\[[^\]]*\] /, ''), 'latin1').toString('utf8')));
    if (!match) return;
    const replaced = REPLACED.exec(typed)?.[1];
    if (replaced !== undefined) {
      this.#hint(`within double quotes the shell itself replaces ${replaced}: put the definition in single quotes`);
      return;
    }
    const [, subsystem, text, command, caret] = match as unknown as [string, string, string, string, string];
    const code = (Object.keys(ProbeErrorText) as ProbeErrorCode[]).find((name) => ProbeErrorText[name] === text);
    if (!code) return;
    const hint = this.#hints.for({ subsystem, code, text, command, position: caret.length - '  Command: '.length });
    if (hint !== undefined) this.#hint(hint);
  }

  #hint(text: string): void {
    process.stderr.write(`${this.#colour.strong('hint:')} ${text}\n`);
  }
}
