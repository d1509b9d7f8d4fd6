import type { KernelProfile } from '../profile/index.ts';
import { DefinitionCompleter } from '../ui/complete-definition.ts';
import type { SessionShell } from './session.ts';

/** A definition that is being typed, behind the command that writes it. */
const DEFINITION = /(?:echo|printf)\s+(['"]?)((?:[ft]\d*(?::\S*)?|[ft]:?\S*)\s[^'"]*)$/;
/** Commands of the session that are none of the shell. */
const OWN_COMMANDS = ['help '];

/** Completes what is typed in a session: definitions with their symbols, arguments and types; the rest by the shell. */
export class SessionCompleter {
  readonly #shell: SessionShell;
  readonly #definitions: DefinitionCompleter;

  constructor(shell: SessionShell, profile: KernelProfile) {
    this.#shell = shell;
    this.#definitions = new DefinitionCompleter(profile);
  }

  /** What readline wants: what the typed text may become, and the part of it that is replaced. */
  async complete(text: string): Promise<[string[], string]> {
    const definition = DEFINITION.exec(text);
    if (definition) return this.#definition(definition[2]!);
    const [words, word] = await this.#shell.complete(text);
    return [text === word ? [...words, ...OWN_COMMANDS.filter((own) => own.startsWith(word))].sort() : words, word];
  }

  #definition(text: string): [string[], string] {
    const { from, candidates } = this.#definitions.complete(text);
    return [candidates.map((candidate) => candidate.text), text.slice(from)];
  }
}
