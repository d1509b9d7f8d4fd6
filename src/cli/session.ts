import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { type ProbeErrorCode, ProbeErrorText } from '../abi/probe-errors.ts';
import { firstShell, Interrupted, isIncomplete, type Shell, ShellExit, ShellSystem } from '../shell/index.ts';
import type { SimulatedKernel } from '../tracefs/index.ts';
import { Hints } from '../ui/hints.ts';
import { colourOf } from './session-colour.ts';
import { SessionCompleter } from './session-complete.ts';
import { SessionTerminal } from './session-terminal.ts';

/** Lines of history that are kept. */
const HISTORY_SIZE = 1000;

const HELP = `This is a shell on a simulated Linux machine, at its tracing files.

  echo 'f:rd vfs_read count ret=$retval' >> dynamic_events    define (Tab completes)
  echo 1 > events/fprobes/rd/enable                           enable
  run cat                                                     run a recorded program; run alone lists them
  cat trace                                                   read
  cat trace_pipe                                              read on; Ctrl-C ends it
  cat error_log README                                        what was refused, what there is

Ctrl-C stops a command, Ctrl-D leaves. Builtins and programs:
`;

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

/** A history that cannot be written is no reason to stop. */
function writeHistory(lines: readonly string[]): void {
  try {
    mkdirSync(dirname(historyFile()), { recursive: true, mode: 0o700 });
    writeFileSync(historyFile(), `${lines.slice(0, HISTORY_SIZE).join('\n')}\n`, { mode: 0o600 });
  } catch {}
}

/** A session at a terminal. Returns the shell's exit status. */
export async function session(kernel: SimulatedKernel): Promise<number> {
  const terminal = new SessionTerminal();
  const system = new ShellSystem(kernel, terminal);
  system.scheduler.realTime = true;
  const shell = firstShell(system);
  shell.isInteractive = true;
  shell.name = 'sh';
  return new Session(shell, terminal).run();
}

/** Reads commands, one after the other, and runs them. */
class Session {
  readonly #shell: Shell;
  readonly #terminal: SessionTerminal;
  readonly #completer: SessionCompleter;
  readonly #hints: Hints;
  readonly #colour = colourOf(process.stderr);
  #history = readHistory();

  constructor(shell: Shell, terminal: SessionTerminal) {
    this.#shell = shell;
    this.#terminal = terminal;
    const { kernel } = shell.process.system;
    this.#completer = new SessionCompleter(shell);
    this.#hints = new Hints(kernel.profile, kernel.machine.arch);
  }

  async run(): Promise<number> {
    const { process: first } = this.#shell;
    // Ctrl-C does not end the shell itself.
    first.caught.set(2, () => {
      this.#shell.isInterrupted = true;
    });
    for (;;) {
      const text = await this.#read();
      if (text === undefined) break;
      if (text.trim() === '') continue;
      if (text.trim() === 'help') {
        this.#help();
        continue;
      }
      const status = await this.#execute(Buffer.from(text, 'utf8').toString('latin1'));
      if (status !== undefined) break;
    }
    const status = await this.#shell.finish(async () => {});
    writeHistory(this.#history);
    return status;
  }

  #help(): void {
    const names = [...this.#completer.commands()].join(' ');
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
    const { cwd } = this.#shell.process;
    return `${cwd.replace(/^\/sys\/kernel\/tracing/, 'tracing')}# `;
  }

  #line(prompt: string): Promise<{ readonly line: string } | 'left' | 'given up'> {
    return new Promise((resolve) => {
      const lines: Interface = createInterface({
        input: process.stdin,
        output: process.stdout,
        prompt,
        terminal: true,
        history: [...this.#history],
        historySize: HISTORY_SIZE,
        removeHistoryDuplicates: true,
        completer: (text: string) => this.#completer.complete(text),
      });
      lines.on('history', (history: string[]) => {
        this.#history = [...history];
      });
      let answer: { readonly line: string } | 'left' | 'given up' = 'left';
      lines.on('line', (line) => {
        answer = { line };
        lines.close();
      });
      lines.on('SIGINT', () => {
        process.stdout.write('^C\n');
        answer = 'given up';
        lines.close();
      });
      lines.on('close', () => {
        if (answer === 'left') process.stdout.write('\n');
        resolve(answer);
      });
      lines.prompt();
    });
  }

  /** Runs a command. Returns a status when the shell is to end. */
  async #execute(text: string): Promise<number | undefined> {
    const shell = this.#shell;
    const { system } = shell.process;
    const before = system.kernel.tracing.top.errorLog.text();
    const release = this.#terminal.attach(() => {
      for (const process of system.processes.values()) if (process.group === shell.process.group) process.kill(2);
    });
    try {
      await shell.source(text);
    } catch (error) {
      if (error instanceof ShellExit) {
        shell.status = error.status;
        return error.status;
      }
      if (error instanceof Interrupted) shell.status = 130;
      else await this.#complain(error);
    } finally {
      shell.isInterrupted = false;
      release();
    }
    this.#explain(before);
    return undefined;
  }

  async #complain(error: unknown): Promise<void> {
    await this.#shell.complain((error as Error).message);
    this.#shell.status = 1;
  }

  /** Shows what the kernel logged about a refusal, and what would be right. */
  #explain(before: string): void {
    const { errorLog } = this.#shell.process.system.kernel.tracing.top;
    const now = errorLog.text();
    if (now === before || now === '') return;
    const last = now.split(/^(?=\[)/m).at(-1)!;
    const match = /^\[[^\]]*\] (\w[\w ]*): error: (.*)\n {2}Command: (.*)\n( *)\^/.exec(last);
    process.stderr.write(this.#colour.dim(Buffer.from(last.replace(/^\[[^\]]*\] /, ''), 'latin1').toString('utf8')));
    if (!match) return;
    const [, subsystem, text, command, caret] = match as unknown as [string, string, string, string, string];
    const code = (Object.keys(ProbeErrorText) as ProbeErrorCode[]).find((name) => ProbeErrorText[name] === text);
    if (!code) return;
    const hint = this.#hints.for({ subsystem, code, text, command, position: caret.length - '  Command: '.length });
    if (hint !== undefined) process.stderr.write(`${this.#colour.strong('hint:')} ${hint}\n`);
  }
}
