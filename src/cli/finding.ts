import { errnoName, errnoText } from '../abi/errno.ts';
import { type CommandError, type DefinitionAnswer, DefinitionCheck, type ProbeEvent } from '../dynevent/index.ts';
import type { ArchName } from '../machine/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import { Hints } from '../ui/hints.ts';
import { placeIn } from '../ui/refusal-place.ts';
import type { SourceDefinition } from './definition-source.ts';
import { argumentBytes } from './input.ts';

/** Definitions of one file or option. */
export interface Source {
  readonly name: string;
  readonly definitions: readonly SourceDefinition[];
}

/** The definitions that `-e` gave, each a source of its own. */
export function optionSources(texts: readonly string[]): Source[] {
  return texts.map((text, index) => {
    const definition = argumentBytes(text);
    const columns = Array.from({ length: definition.length + 1 }, (_, i) => i + 1);
    const name = texts.length > 1 ? `-e#${index + 1}` : '-e';
    return { name, definitions: [{ text: definition, line: 1, columns }] };
  });
}

/** Where the caret stands in the source: it points into the command with single spaces, the source has its own. */
function columnOf(definition: SourceDefinition, error: CommandError | undefined): number {
  const start = definition.text.search(/\S/);
  if (error === undefined) return definition.columns[start] ?? 1;
  // Synthetic events are logged as they were written.
  const asWritten = error.subsystem === 'synthetic_events';
  const at = asWritten ? start + error.position : placeIn(definition.text, error.position);
  return definition.columns[at] ?? definition.columns.at(-1)!;
}

function block({ subsystem, text, command, position }: CommandError): string {
  return `${subsystem}: error: ${text}\n  Command: ${command}\n${' '.repeat(11 + position)}^\n`;
}

/** What came out for one definition. Texts hold one character a byte. */
export interface Finding {
  readonly source: string;
  readonly line: number;
  readonly column: number;
  readonly definition: string;
  readonly answer: DefinitionAnswer;
  /** What would be right where it was refused, or what may not be meant where it was accepted; a sentence each. */
  readonly hints: readonly string[];
}

const hintLines = (hints: readonly string[]) => hints.map((hint) => `hint: ${hint}\n`).join('');

/** A refusal as lines: place and errno, the kernel's error block, hints. Of what was accepted only what may not be meant. */
export function findingText({ source, line, column, answer, hints }: Finding): string {
  const place = `${source}:${line}:${column}`;
  if (answer.ret >= 0) return hints.length === 0 ? '' : `${place}: accepted\n${hintLines(hints)}`;
  const head = `${place}: ${errnoName(answer.ret)} (${errnoText(answer.ret)})\n`;
  return `${head}${answer.errors.map(block).join('')}${hintLines(hints)}`;
}

const utf8 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('utf8');

/** A finding as an object for machines. */
export function findingJson({ source, line, column, definition, answer, hints }: Finding): object {
  const accepted = answer.ret >= 0;
  return {
    source,
    line,
    column,
    definition: utf8(definition),
    accepted,
    ...(!accepted && { errno: errnoName(answer.ret) }),
    errors: answer.errors.map(({ code, text, command, position }) => ({
      code,
      text,
      command: utf8(command),
      position,
    })),
    ...(hints.length > 0 && { hint: hints[0], hints }),
  };
}

/** Checks definitions one after the other on one fresh kernel of a profile. */
export class Checker {
  readonly #check: DefinitionCheck;
  readonly #hints: Hints;

  constructor(profile: KernelProfile, arch?: ArchName) {
    this.#check = new DefinitionCheck(profile, arch);
    this.#hints = new Hints(profile, this.#check.machine.arch);
  }

  /** What the kernel answers to the next definition. */
  find(source: string, definition: SourceDefinition): Finding {
    const answer = this.#check.run(`${definition.text}\n`);
    const hints = answer.ret < 0 ? this.#refused(definition, answer) : this.#accepted(definition);
    const column = columnOf(definition, answer.errors.at(-1));
    return { source, line: definition.line, column, definition: definition.text, answer, hints };
  }

  /** The probe that was defined last, with what it was made into. */
  get last(): ProbeEvent | undefined {
    return this.#check.probes.at(-1);
  }

  get machine(): DefinitionCheck['machine'] {
    return this.#check.machine;
  }

  #refused({ text }: SourceDefinition, { ret, errors }: DefinitionAnswer): string[] {
    const { arch, config } = this.#check.machine;
    if (!config.FPROBE_EVENTS && /^\s*[ft]/.test(text))
      return [`a kernel for ${arch.name} has no fprobe events (fprobe arch tells why)`];
    for (const error of errors) {
      const hint = this.#hints.for(error);
      if (hint !== undefined) return [hint];
    }
    const defined = this.#check.probes.map((probe) => probe.definition);
    return errors.length > 0 ? [] : [this.#hints.silent(text, ret, defined)];
  }

  #accepted({ text }: SourceDefinition): string[] {
    const words = text.trim().split(/\s+/);
    const last = /^[ft]/.test(words[0]!) ? this.last : undefined;
    return last === undefined ? [] : this.#hints.accepted({ definition: last.definition, words });
  }
}
