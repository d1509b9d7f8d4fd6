import type { Shell } from '../shell/index.ts';
import { DefinitionCompleter } from '../ui/complete-definition.ts';

/** Beginnings of a command: behind these a word names one. */
const BEFORE_COMMAND = /(^|[|&;({`]|\b(?:then|do|else|if|while|until)|\$\()\s*$/;

/** Completes what is typed in a session: commands, paths, variables, and definitions with their symbols, arguments and types. */
export class SessionCompleter {
  readonly #shell: Shell;
  readonly #definitions: DefinitionCompleter;

  constructor(shell: Shell) {
    this.#shell = shell;
    this.#definitions = new DefinitionCompleter(shell.process.system.kernel.profile);
  }

  /** Names of builtins, functions and programs, sorted. */
  commands(): readonly string[] {
    const names = new Set([...this.#shell.builtins(), ...this.#shell.functions.keys(), 'help']);
    for (const name of this.#shell.process.system.programs()) names.add(name);
    return [...names].filter((name) => /^[\w.]+$/.test(name)).sort();
  }

  /** What readline wants: what the typed text may become, and the part of it that is replaced. */
  complete(text: string): [string[], string] {
    const definition = /(?:echo|printf)\s+(['"]?)((?:[ft]\d*(?::\S*)?|[ft]:?\S*)\s[^'"]*)$/.exec(text);
    if (definition) return this.#definition(definition[2]!);
    const word = /[^\s'"|&;()<>`]*$/.exec(text)![0];
    const before = text.slice(0, text.length - word.length);
    if (word.startsWith('$')) return [this.#variables(word), word];
    if (BEFORE_COMMAND.test(before) && !word.includes('/'))
      return [
        this.commands()
          .filter((name) => name.startsWith(word))
          .map((name) => `${name} `),
        word,
      ];
    return [this.#paths(word), word];
  }

  #definition(text: string): [string[], string] {
    const { from, candidates } = this.#definitions.complete(text);
    const word = text.slice(from);
    return [candidates.map((candidate) => candidate.text), word];
  }

  #variables(word: string): string[] {
    return [...this.#shell.variables.keys()].map((name) => `$${name}`).filter((name) => name.startsWith(word));
  }

  #paths(word: string): string[] {
    const { process } = this.#shell;
    const { vfs } = process.system;
    const slash = word.lastIndexOf('/') + 1;
    const dir = word.slice(0, slash);
    const names = vfs.list(process, dir === '' ? '.' : dir);
    if (typeof names === 'number') return [];
    const start = word.slice(slash);
    const found = names.filter((name) => name.startsWith(start) && (start.startsWith('.') || !name.startsWith('.')));
    return found.map((name) => {
      const stat = vfs.stat(process, `${dir}${name}`);
      return `${dir}${name}${typeof stat !== 'number' && stat.kind === 'dir' ? '/' : found.length === 1 ? ' ' : ''}`;
    });
  }
}
