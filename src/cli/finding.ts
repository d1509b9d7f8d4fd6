import { errnoName, errnoText } from '../abi/errno.ts';
import { type CommandError, type DefinitionAnswer, DefinitionCheck } from '../dynevent/index.ts';
import type { ArchName } from '../machine/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import { Hints } from '../ui/hints.ts';
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
  if (error === undefined) return definition.columns[definition.text.search(/\S/)] ?? 1;
  let at = 0;
  let left = Math.max(0, error.position);
  for (const match of definition.text.matchAll(/[^\s\0]+/g)) {
    at = match.index + Math.min(left, match[0].length);
    if (left <= match[0].length) break;
    left -= match[0].length + 1;
  }
  return definition.columns[at] ?? definition.columns.at(-1)!;
}

/** Longest line that dynamic_events takes, in bytes without its newline. */
const MAX_LINE = 4094;

function block({ subsystem, text, command, position }: CommandError): string {
  return `${subsystem}: error: ${text}\n  Command: ${command}\n${' '.repeat(11 + position)}^\n`;
}

/** What can be said of a refusal that the kernel does not explain. */
function withoutEntry(text: string, answer: DefinitionAnswer): string {
  const removes = /^\s*[-!]/.test(text);
  if (text.length > MAX_LINE) return `a line may have ${MAX_LINE} bytes`;
  if (text.includes('\0')) return 'a NUL byte ends what the kernel reads';
  if (/^\s*[ft](?:\s|$|:\S*\s*$)/.test(text) && text.trim().split(/\s+/).length < 2)
    return 'give a function to probe: f[:[GROUP/][EVENT]] SYMBOL[%return] [ARGUMENTS]';
  if (/^\s*[pres](?:\d|:|\s)/.test(text))
    return 'of the dynamic events only f (function entry or return) and t (tracepoint) are simulated';
  if (!removes && !/^\s*[ft]/.test(text))
    return 'a definition begins with f (function entry or return) or t (tracepoint)';
  switch (errnoName(answer.ret)) {
    case 'ENOENT':
      return removes ? 'no event of that name (and with those arguments) is defined' : 'the kernel logs no reason';
    case 'EINVAL':
      if (removes) return 'removing takes -:EVENT or -:GROUP/EVENT';
      if (/^\s*t/.test(text))
        return 'another event is on this tracepoint already; the kernel takes one (and logs no reason)';
      return 'the kernel logs no reason';
    default:
      return 'the kernel logs no reason';
  }
}

/** What came out for one definition. Texts hold one character a byte. */
export interface Finding {
  readonly source: string;
  readonly line: number;
  readonly column: number;
  readonly definition: string;
  readonly answer: DefinitionAnswer;
  readonly hint: string | undefined;
}

/** A refusal as lines: place and errno, the kernel's error block, a hint where there is one. Empty for what was accepted. */
export function findingText({ source, line, column, definition, answer, hint }: Finding): string {
  if (answer.ret >= 0) return '';
  const reason = hint ?? (answer.errors.length === 0 ? withoutEntry(definition, answer) : undefined);
  const head = `${source}:${line}:${column}: ${errnoName(answer.ret)} (${errnoText(answer.ret)})\n`;
  return `${head}${answer.errors.map(block).join('')}${reason === undefined ? '' : `hint: ${reason}\n`}`;
}

const utf8 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('utf8');

/** A finding as an object for machines. */
export function findingJson({ source, line, column, definition, answer, hint }: Finding): object {
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
    ...(hint !== undefined && { hint: utf8(hint) }),
  };
}

function firstHint(hints: Hints, errors: readonly CommandError[]): string | undefined {
  for (const error of errors) {
    const hint = hints.for(error);
    if (hint !== undefined) return hint;
  }
  return undefined;
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
    const hint =
      answer.ret < 0 ? (this.#withoutFprobe(definition) ?? firstHint(this.#hints, answer.errors)) : undefined;
    const column = columnOf(definition, answer.errors.at(-1));
    return { source, line: definition.line, column, definition: definition.text, answer, hint };
  }

  /** What to say of a definition for a kernel that knows no such events. */
  #withoutFprobe({ text }: SourceDefinition): string | undefined {
    const { arch, config } = this.#check.machine;
    if (config.FPROBE_EVENTS || !/^\s*[ft]/.test(text)) return undefined;
    return `a kernel for ${arch.name} has no fprobe events (fprobe arch tells why)`;
  }
}
