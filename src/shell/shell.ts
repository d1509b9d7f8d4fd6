import {
  type CommandNode,
  type PipelineNode,
  parse,
  type ScriptNode,
  type StatementNode,
  type WordNode,
} from 'just-bash';
import { errnoText } from '../abi/errno.ts';
import { BUILTINS, SPECIAL_BUILTINS } from './builtins.ts';
import { runCompound } from './compound.ts';
import { Expander } from './expand.ts';
import { lookUp, programPath } from './look-up.ts';
import { parameterOf } from './parameters.ts';
import { PROGRAMS } from './programs.ts';
import { readFile } from './read-file.ts';
import { redirect } from './redirect.ts';
import { FunctionReturn, Interrupted, LoopExit, ShellError, ShellExit } from './shell-errors.ts';
import type { ShellProcess } from './shell-process.ts';
import { Killed } from './signals.ts';
import { quoteWord, showCommand } from './xtrace.ts';

type Simple = Extract<CommandNode, { type: 'SimpleCommand' }>;
type FunctionDef = Extract<CommandNode, { type: 'FunctionDef' }>;

/** A variable. */
interface Variable {
  value: string;
  exported: boolean;
  readonly?: boolean;
}

const COMPOUND: readonly CommandNode['type'][] = ['Case', 'CStyleFor', 'For', 'Group', 'If', 'Until', 'While'];
const isCompound = ({ commands }: PipelineNode) => commands.length === 1 && COMPOUND.includes(commands[0]!.type);

/** Whether a word was written without quotes and expansions. */
const isPlain = (word: WordNode | null) => word?.parts.length === 1 && word.parts[0]!.type === 'Literal';

/** A shell: it runs scripts in a process. A subshell is a copy in a process of its own. */
export class Shell {
  readonly process: ShellProcess;
  readonly variables = new Map<string, Variable>();
  readonly functions = new Map<string, FunctionDef>();
  /** Options that are on, by letter: e u x f n; and `pipefail`. */
  readonly options = new Set<string>();
  /** What signals do, by number; 0 is the end. */
  readonly traps = new Map<number, string>();
  readonly aliases = new Map<string, string>();
  /** Variables that functions made local, innermost last: what they were before. */
  readonly locals: Map<string, Variable | undefined>[] = [];
  /** Children in the background. */
  readonly jobs: ShellProcess[] = [];
  readonly expander = new Expander(this);
  name = 'sh';
  args: readonly string[] = [];
  status = 0;
  lastJob: ShellProcess | undefined;
  isInteractive = false;
  /** Set by Ctrl-C at a terminal. */
  isInterrupted = false;
  #pending: number[] = [];
  /** Loops that run around the present command. */
  loops = 0;
  /** Whether the last failure was one that `set -e` does not look at. */
  #excused = false;
  /** Above 0 where a failing command does not end the shell under `set -e`. */
  #tolerant = 0;
  #substituted = 0;
  /** Pid that `$$` is. */
  readonly #mainPid: number;

  constructor(process: ShellProcess, parent?: Shell) {
    this.process = process;
    this.#mainPid = parent?.mainPid ?? process.pid;
    if (!parent) return;
    this.name = parent.name;
    this.args = parent.args;
    this.status = parent.status;
    this.lastJob = parent.lastJob;
    this.#tolerant = parent.#tolerant;
    this.loops = parent.loops;
    for (const [name, value] of parent.aliases) this.aliases.set(name, value);
    for (const [name, variable] of parent.variables) this.variables.set(name, { ...variable });
    for (const [name, body] of parent.functions) this.functions.set(name, body);
    for (const option of parent.options) this.options.add(option);
    for (const saved of parent.locals) this.locals.push(new Map(saved));
    for (const [signal, action] of parent.traps) if (action === '') this.traps.set(signal, '');
  }

  get mainPid(): number {
    return this.#mainPid;
  }

  get(name: string): string | undefined {
    return this.variables.get(name)?.value;
  }

  set(name: string, value: string): void {
    const known = this.variables.get(name);
    if (known?.readonly) throw new ShellError(`${name}: readonly variable`, 1, true);
    if (known) known.value = value;
    else this.variables.set(name, { value, exported: this.options.has('a') });
  }

  /** Value of a parameter, the special ones among them; undefined when it is not set. */
  parameter(name: string): string | undefined {
    return parameterOf(this, name);
  }

  /** A text as it would be within double quotes. */
  quotedWord(text: string): WordNode {
    const script = parse(`: "${text.replace(/(["])/g, '\\$1')}"\n`);
    return (script.statements[0]!.pipelines[0]!.commands[0] as Simple).args[0]!;
  }

  /** Runs a script's text to its end; says what is wrong with it. */
  async source(text: string): Promise<void> {
    let script: ScriptNode;
    try {
      script = parse(text);
    } catch (error) {
      await this.complain(`syntax error: ${(error as Error).message.replace(/^Parse error at /, '')}`);
      this.status = 2;
      if (!this.isInteractive) throw new ShellExit(2);
      return;
    }
    await this.run(script.statements);
  }

  /** Runs statements one after the other. `inPlace`: the shell's process has nothing to do after them, so that the last may take its place. */
  async run(statements: readonly StatementNode[], inPlace = false): Promise<void> {
    for (const [i, statement] of statements.entries())
      await this.#statement(statement, inPlace && i === statements.length - 1);
  }

  /** Runs this shell's own script in its process and ends that: with the script's status. Never throws. */
  async finish(body: () => Promise<void>): Promise<number> {
    const status = await this.#outcome(body);
    this.process.exit(status);
    return status;
  }

  /** The same in a process that goes on: only the status is handed back. */
  finishInPlace(body: () => Promise<void>): Promise<number> {
    return this.#outcome(body);
  }

  /** An error message of the shell. */
  async complain(message: string): Promise<void> {
    await this.process.write(2, `${this.name.replace(/.*\//, '')}: ${message}\n`);
  }

  /** The signal that is to be handled next. */
  get pendingSignal(): number | undefined {
    return this.#pending[0];
  }

  /** Notes a signal that is to be handled as soon as the shell is between two commands. */
  notePending(signal: number): void {
    this.#pending.push(signal);
  }

  /** Output of a command as a value: without the newlines at its end. */
  async substitute(body: ScriptNode): Promise<string> {
    const [from, to] = this.process.pipe();
    const child = this.#subshell(
      false,
      (process) => {
        process.dup(to, 1);
        process.close(from);
        process.close(to);
      },
      (shell) => shell.run(body.statements, true),
    );
    this.process.close(to);
    let text = '';
    for (;;) {
      const piece = await this.process.read(from, 4096);
      if (typeof piece === 'number' || piece === '') break;
      text += piece;
    }
    this.process.close(from);
    this.#substituted = (await this.#waitFor(child)) ?? 0;
    return text.replace(/\0/g, '').replace(/\n+$/, '');
  }

  /** Runs a function's, or another script's, commands with other positional parameters. */
  async withArguments(args: readonly string[], body: () => Promise<void>): Promise<void> {
    const before = this.args;
    this.args = args;
    this.locals.push(new Map());
    try {
      await body();
    } catch (error) {
      if (!(error instanceof FunctionReturn)) throw error;
      this.status = error.status;
    } finally {
      this.args = before;
      for (const [name, old] of this.locals.pop()!) {
        if (old) this.variables.set(name, old);
        else this.variables.delete(name);
      }
    }
  }

  /** Runs a command that may fail without ending the shell under `set -e`. */
  async tolerate(body: () => Promise<void>): Promise<void> {
    this.#tolerant++;
    try {
      await body();
    } finally {
      this.#tolerant--;
    }
  }

  /** Waits for a child in the background; undefined when a signal came first. */
  async waitForJob(job: ShellProcess): Promise<number | undefined> {
    return this.process.wait(job);
  }

  /** Runs a command line that is given as words: a builtin, or a program in a process of its own. */
  async command(words: readonly string[], options: { readonly functions?: boolean; readonly inPlace?: boolean } = {}) {
    const [name, ...args] = words as [string, ...string[]];
    const { functions = true, inPlace = false } = options;
    const special = SPECIAL_BUILTINS[name];
    const defined = functions ? this.functions.get(name) : undefined;
    const builtin = special ?? BUILTINS[name];
    if (!special && defined) await this.#callFunction(defined, args);
    else if (builtin) this.status = await builtin(this, args, name);
    else if (inPlace) this.status = await this.execute(words);
    else {
      const child = this.#subshell(
        true,
        () => {},
        async (shell) => {
          shell.status = await shell.execute(words);
        },
      );
      this.status = (await this.#waitFor(child)) ?? 0;
    }
  }

  /** Lets this shell's process become a program, and runs that to its end. Returns its status. */
  async execute(words: readonly string[]): Promise<number> {
    const [name, ...args] = words as [string, ...string[]];
    const path = programPath(this, name);
    const base = path?.replace(/.*\//, '') ?? '';
    const program = path?.startsWith('/usr/bin/') ? PROGRAMS[base] : undefined;
    if (path === undefined) {
      const message = name.includes('/') ? 'No such file or directory' : 'command not found';
      await this.complain(`${name}: ${message}`);
      return 127;
    }
    if (program) {
      this.process.exec(path, words);
      return program({ process: this.process, name, args, environment: this.environment() });
    }
    const stat = this.process.stat(path);
    if (typeof stat === 'number' || stat.kind !== 'file' || (stat.mode & 0o111) === 0) {
      await this.complain(
        `${name}: ${typeof stat !== 'number' && stat.kind === 'dir' ? 'Is a directory' : 'Permission denied'}`,
      );
      return 126;
    }
    this.process.exec(path, words);
    return this.runScript(path, args);
  }

  /** Runs the script in a file as a program of its own would, in this shell's process. */
  async runScript(path: string, args: readonly string[]): Promise<number> {
    const text = await readFile(this.process, path);
    if (typeof text === 'number') {
      await this.complain(`${path}: ${errnoText(text)}`);
      return 127;
    }
    const shell = new Shell(this.process);
    for (const [name, { value, exported }] of this.variables)
      if (exported) shell.variables.set(name, { value, exported });
    shell.name = path;
    shell.args = args;
    return shell.#outcome(() => shell.source(text));
  }

  /** Exported variables. */
  environment(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const [name, { value, exported }] of this.variables) if (exported) found.set(name, value);
    found.set('PWD', this.process.cwd);
    return found;
  }

  /** Names of builtins. */
  builtins(): string[] {
    return [...Object.keys(SPECIAL_BUILTINS), ...Object.keys(BUILTINS)];
  }

  /** Where a command's name leads; see {@link lookUp}. */
  lookUp(name: string): string | undefined {
    return lookUp(this, name);
  }

  async #outcome(body: () => Promise<void>): Promise<number> {
    let status = await this.#caught(body);
    const last = this.traps.get(0);
    this.traps.delete(0);
    if (last) {
      this.status = status;
      status = await this.#caught(async () => {
        await this.source(last);
        this.status = status;
      });
    }
    return status & 0xff;
  }

  async #caught(body: () => Promise<void>): Promise<number> {
    try {
      await body();
      return this.status;
    } catch (error) {
      if (error instanceof ShellExit || error instanceof FunctionReturn) return error.status;
      if (error instanceof Killed) return 128 + error.signal;
      if (error instanceof LoopExit) return this.status;
      if (error instanceof Interrupted) return 130;
      if (!(error instanceof ShellError)) throw error;
      await this.complain(error.message);
      return error.status;
    }
  }

  async #statement(node: StatementNode, inPlace: boolean): Promise<void> {
    if (node.deferredError)
      throw new ShellError(`syntax error near unexpected token \`${node.deferredError.token}'`, 2, true);
    if (this.options.has('n')) return;
    if (node.background) this.#background(node);
    else await this.#list(node.pipelines, node.operators, inPlace);
  }

  #background(node: StatementNode): void {
    const job = this.#subshell(
      false,
      (process) => {
        if (this.isInteractive) process.group = process.pid;
        else process.dup(process.open('/dev/null', { read: true }), 0);
      },
      (shell) => shell.#list(node.pipelines, node.operators, true),
    );
    this.jobs.push(job);
    this.lastJob = job;
    this.status = 0;
  }

  async #list(pipelines: readonly PipelineNode[], operators: readonly string[], inPlace = false): Promise<void> {
    for (const [i, pipeline] of pipelines.entries()) {
      const before = operators[i - 1];
      if ((before === '&&' && this.status !== 0) || (before === '||' && this.status === 0)) continue;
      const isLast = i === pipelines.length - 1;
      const run = () => this.#pipeline(pipeline, inPlace && isLast && !pipeline.negated && !this.traps.has(0));
      const counts = isLast && !pipeline.negated;
      this.#excused = false;
      if (counts) await run();
      else await this.tolerate(run);
      if (!counts) this.#excused = true;
      const excused = this.#excused && isCompound(pipeline);
      if (counts && !excused && this.status !== 0 && this.options.has('e') && this.#tolerant === 0)
        throw new ShellExit(this.status);
    }
  }

  async #pipeline(node: PipelineNode, inPlace: boolean): Promise<void> {
    if (node.commands.length === 1) await this.#guarded(node.commands[0]!, inPlace);
    else await this.#pipes(node);
    if (node.negated) this.status = this.status === 0 ? 1 : 0;
  }

  async #pipes({ commands, pipeStderr }: PipelineNode): Promise<void> {
    const children: ShellProcess[] = [];
    let input = -1;
    for (const [i, command] of commands.entries()) {
      const [from, to] = i < commands.length - 1 ? this.process.pipe() : [-1, -1];
      const connect = (process: ShellProcess) => {
        if (input >= 0) process.dup(input, 0);
        if (to >= 0) process.dup(to, 1);
        if (to >= 0 && pipeStderr?.[i]) process.dup(to, 2);
        for (const fd of [input, from, to]) if (fd >= 0) process.close(fd);
      };
      children.push(this.#subshell(false, connect, (shell) => shell.#guarded(command, true)));
      for (const fd of [input, to]) if (fd >= 0) this.process.close(fd);
      input = from;
    }
    let failed = 0;
    for (const child of children) {
      this.status = (await this.#waitFor(child)) ?? 0;
      if (this.status !== 0) failed = this.status;
    }
    if (this.options.has('pipefail')) this.status = failed;
    await this.#betweenCommands();
  }

  /** A command whose errors end it, and the shell only when they are fatal. */
  async #guarded(node: CommandNode, inPlace: boolean): Promise<void> {
    await this.#betweenCommands();
    try {
      await this.#command(node, inPlace);
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      await this.complain(error.message);
      this.status = error.status;
      if (error.isFatal && !this.isInteractive) throw new ShellExit(error.status);
    }
    await this.#betweenCommands();
  }

  async #command(node: CommandNode, inPlace: boolean): Promise<void> {
    if (node.type === 'SimpleCommand') return this.#simple(node, inPlace);
    if (node.type === 'FunctionDef') {
      this.functions.set(node.name, node);
      this.status = 0;
      return;
    }
    if (node.type === 'Subshell') {
      if (inPlace) {
        await redirect(this, node.redirections);
        return this.run(node.body, true);
      }
      const child = this.#subshell(
        true,
        () => {},
        async (shell) => {
          await redirect(shell, node.redirections);
          await shell.run(node.body, true);
        },
      );
      this.status = (await this.#waitFor(child)) ?? 0;
      return;
    }
    const redirected = await redirect(this, node.redirections);
    try {
      await runCompound(this, node);
    } finally {
      redirected.restore();
    }
  }

  /** Rounds until one says that it was the last; `break` and `continue` among them. */
  async loop(round: () => Promise<boolean>): Promise<void> {
    this.loops++;
    try {
      for (let goesOn = true; goesOn; ) {
        await this.process.system.scheduler.work();
        try {
          goesOn = await round();
        } catch (error) {
          if (!(error instanceof LoopExit)) throw error;
          if (--error.depth > 0) throw error;
          goesOn = error.kind === 'continue';
        }
      }
    } finally {
      this.loops--;
    }
  }

  async #simple(node: Simple, inPlace: boolean): Promise<void> {
    this.#substituted = 0;
    const words = await this.expander.fields(node.name ? [node.name, ...node.args] : []);
    if (words.length === 0) {
      (await redirect(this, node.redirections)).restore();
      await showCommand(this, await this.#assignments(node, (name, value) => this.set(name, value)));
      this.status = this.#substituted;
      return;
    }
    const assigned = await this.#assignments(node);
    await showCommand(this, assigned, words);
    const name = words[0]!;
    if (this.aliases.has(name) && isPlain(node.name)) return this.#replaceAlias(node, words);
    const own = name in SPECIAL_BUILTINS || this.functions.has(name) || name in BUILTINS;
    if (own || inPlace) return this.#inThisProcess(node, words, assigned, inPlace);
    const child = this.#subshell(
      true,
      () => {},
      async (shell) => {
        for (const [variable, value] of assigned) shell.variables.set(variable, { value, exported: true });
        await redirect(shell, node.redirections);
        shell.status = await shell.execute(words);
      },
    );
    this.status = (await this.#waitFor(child)) ?? 0;
  }

  async #replaceAlias(node: Simple, [name, ...args]: readonly string[]): Promise<void> {
    const value = this.aliases.get(name!)!;
    const redirected = await redirect(this, node.redirections);
    this.aliases.delete(name!);
    try {
      await this.source([value, ...args.map(quoteWord)].join(' '));
    } finally {
      this.aliases.set(name!, value);
      redirected.restore();
    }
  }

  async #inThisProcess(
    node: Simple,
    words: readonly string[],
    assigned: readonly (readonly [string, string])[],
    inPlace: boolean,
  ) {
    const name = words[0]!;
    const isLasting = name in SPECIAL_BUILTINS;
    const redirected = await redirect(this, node.redirections, isLasting);
    const before = assigned.map(([variable]) => [variable, this.variables.get(variable)] as const);
    for (const [variable, value] of assigned)
      this.variables.set(variable, {
        value,
        exported: !isLasting || (this.variables.get(variable)?.exported ?? false),
      });
    const keeps = name === 'exec' && words.length === 1;
    try {
      await this.command(words, { inPlace });
    } finally {
      if (keeps) redirected.keep();
      else redirected.restore();
      if (!isLasting)
        for (const [variable, old] of before) {
          if (old) this.variables.set(variable, old);
          else this.variables.delete(variable);
        }
    }
  }

  async #assignments(
    node: Simple,
    each: (name: string, value: string) => void = () => {},
  ): Promise<(readonly [string, string])[]> {
    const assigned: (readonly [string, string])[] = [];
    for (const { name, value, append, array } of node.assignments) {
      if (array) throw new ShellError(`${name}: arrays are not supported`);
      const text = value ? await this.expander.text(value) : '';
      const whole = append ? (this.get(name) ?? '') + text : text;
      assigned.push([name, whole]);
      each(name, whole);
    }
    return assigned;
  }

  async #callFunction({ body, redirections }: FunctionDef, args: readonly string[]): Promise<void> {
    const redirected = await redirect(this, redirections);
    try {
      await this.withArguments(args, () => this.#command(body, false));
    } finally {
      redirected.restore();
    }
  }

  /** A copy of this shell in a child that runs by itself. `prepare` arranges the child's descriptors. */
  #subshell(
    waited: boolean,
    prepare: (process: ShellProcess) => void,
    body: (shell: Shell) => Promise<void>,
  ): ShellProcess {
    const process = this.process.fork(waited);
    const shell = new Shell(process, this);
    prepare(process);
    void shell.finish(() => body(shell));
    return process;
  }

  async #waitFor(child: ShellProcess): Promise<number | undefined> {
    let status = await this.process.wait(child);
    while (status === undefined) {
      if (this.isInteractive && this.isInterrupted) break;
      status = await this.process.wait(child);
    }
    return status;
  }

  async #betweenCommands(): Promise<void> {
    this.process.check();
    if (this.isInteractive && this.isInterrupted) {
      this.isInterrupted = false;
      throw new Interrupted();
    }
    while (this.#pending.length > 0) {
      const action = this.traps.get(this.#pending.shift()!);
      if (!action) continue;
      const { status } = this;
      await this.source(action);
      this.status = status;
    }
  }
}
