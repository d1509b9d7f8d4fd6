import type { Executed, Stream, Terminal } from '../shell/index.ts';
import type { KernelConnection } from './kernel-connection.ts';
import type { ShellEvent } from './requests.ts';

/** Most bytes of input that are sent at a time. */
const INPUT_SIZE = 65_536;

/** A shell that runs inside a kernel that is up, at this process's terminal. Rejects with `NotConnected` once the kernel is gone. */
export class RemoteShell {
  cwd = '/';
  readonly #connection: KernelConnection;
  readonly #terminal: Terminal;

  private constructor(connection: KernelConnection, terminal: Terminal) {
    this.#connection = connection;
    this.#terminal = terminal;
    connection.onShell = (event) => this.#on(event);
  }

  /** Runs a script to its end. Its exit status. */
  static async run(
    connection: KernelConnection,
    terminal: Terminal,
    call: { readonly text: string; readonly name: string; readonly args: readonly string[] },
    started: (shell: RemoteShell) => void,
  ): Promise<number> {
    const shell = new RemoteShell(connection, terminal);
    started(shell);
    return (await connection.ask({ op: 'script', ...call, terminal: shell.#isTerminal })).ret;
  }

  /** Starts a shell that is given commands. */
  static async session(connection: KernelConnection, terminal: Terminal): Promise<RemoteShell> {
    const shell = new RemoteShell(connection, terminal);
    const { executed } = await connection.ask({ op: 'session', terminal: shell.#isTerminal });
    shell.cwd = executed!.cwd;
    return shell;
  }

  /** Runs a command, one character a byte. */
  async execute(text: string): Promise<Executed> {
    const { executed } = await this.#connection.ask({ op: 'execute', text });
    this.cwd = executed!.cwd;
    return executed!;
  }

  async commands(): Promise<readonly string[]> {
    return (await this.#connection.ask({ op: 'commands' })).names ?? [];
  }

  async complete(text: string): Promise<[string[], string]> {
    return (await this.#connection.ask({ op: 'complete', text })).completion ?? [[], ''];
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.#tell({ op: 'interrupt' });
  }

  /** Ends the shell, and the connection. */
  async finish(): Promise<number> {
    this.#connection.close();
    return 0;
  }

  get #isTerminal(): readonly boolean[] {
    const { stdin, stdout, stderr } = this.#terminal;
    return [stdin, stdout, stderr].map(({ isTerminal }) => isTerminal === true);
  }

  #on(event: ShellEvent): void {
    if ('wants' in event) {
      this.#feed(this.#terminal.stdin);
      return;
    }
    const { stdout, stderr } = this.#terminal;
    const taken = (event.fd === 1 ? stdout : stderr).write!(event.data);
    if (taken < 0) this.#tell({ op: 'unread', fd: event.fd });
  }

  /** Sends what there is of the input, as soon as there is something. */
  #feed(input: Stream): void {
    const piece = input.read!(INPUT_SIZE);
    if (typeof piece === 'string') this.#tell({ op: 'input', data: piece });
    else if (!input.waitRead?.(() => this.#feed(input))) this.#feed(input);
  }

  /** Asks for what has no answer worth waiting for; a kernel that is gone shows elsewhere. */
  #tell(request: Parameters<KernelConnection['ask']>[0]): void {
    this.#connection.ask(request).catch(() => {});
  }
}
