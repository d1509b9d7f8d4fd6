import type { Task } from '../machine/index.ts';
import type { SimulatedKernel } from '../tracefs/index.ts';
import { commandNames, completeWord } from './complete-word.ts';
import { firstShell } from './run-script.ts';
import type { Shell } from './shell.ts';
import { Interrupted, ShellExit } from './shell-errors.ts';
import { ShellSystem, type Terminal } from './shell-system.ts';
import { Killed, SIGINT, SIGKILL } from './signals.ts';

/** What a command of a session brought. */
export interface Executed {
  /** The session is over: its exit status. */
  readonly ended?: number;
  /** Working directory now. */
  readonly cwd: string;
  /** The last entry of the kernel's error log, when there is a new one. */
  readonly logged?: string;
}

/** A shell at a terminal: it is given commands one after the other, and sleeping takes its time. */
export class ShellSession {
  readonly #shell: Shell;

  /** @param first the task that the shell is, the kernel's first one when left out */
  constructor(kernel: SimulatedKernel, terminal: Terminal, first?: Task) {
    const system = new ShellSystem(kernel, terminal, first);
    system.scheduler.realTime = true;
    this.#shell = firstShell(system);
    this.#shell.isInteractive = true;
    // Ctrl-C does not end the shell itself.
    this.#shell.process.caught.set(SIGINT, () => {
      this.#shell.isInterrupted = true;
    });
  }

  get cwd(): string {
    return this.#shell.process.cwd;
  }

  /** Names of what can be called. */
  commands(): readonly string[] {
    return commandNames(this.#shell);
  }

  /** What the last word of a line may become, and the part of it that is replaced. */
  complete(text: string): [string[], string] {
    return completeWord(this.#shell, text);
  }

  /** Runs a command, one character a byte. Never throws. */
  async execute(text: string): Promise<Executed> {
    const shell = this.#shell;
    const { errorLog } = shell.process.system.kernel.tracing.top;
    const before = errorLog.text();
    try {
      await shell.source(text);
    } catch (error) {
      if (error instanceof ShellExit) {
        shell.status = error.status;
        return { ended: error.status, cwd: this.cwd };
      }
      if (error instanceof Killed) return { ended: 128 + error.signal, cwd: this.cwd };
      if (error instanceof Interrupted) shell.status = 128 + SIGINT;
      else {
        await shell.complain((error as Error).message);
        shell.status = 1;
      }
    } finally {
      shell.isInterrupted = false;
    }
    const now = errorLog.text();
    if (now === before || now === '') return { cwd: this.cwd };
    return { cwd: this.cwd, logged: now.split(/^(?=\[)/m).at(-1)! };
  }

  /** Ctrl-C: the command ends that runs. */
  interrupt(): void {
    const { process: own } = this.#shell;
    for (const process of own.system.processes.values()) if (process.group === own.group) process.kill(SIGINT);
  }

  /** Ends the shell. Its exit status. */
  finish(): Promise<number> {
    return this.#shell.finish(async () => {});
  }

  /** Ends the shell, and all that it started, at once. */
  kill(): void {
    this.#shell.process.system.killAll(SIGKILL);
  }
}
