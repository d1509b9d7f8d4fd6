import { errnoName, errnoText } from '../abi/errno.ts';
import { type CommandError, type DefinitionAnswer, DefinitionCheck } from '../dynevent/index.ts';
import { Hints } from '../ui/hints.ts';
import { definitionsOf, type SourceDefinition } from './definition-source.ts';
import { ExitStatus, UsageError } from './exit-status.ts';
import { argumentBytes, latin1, readInput } from './input.ts';
import { put, putJson, say } from './output.ts';
import { profileOf } from './profile-option.ts';

interface CheckOptions {
  readonly event: readonly string[];
  readonly json?: boolean;
  readonly profile?: string;
}

interface Source {
  readonly name: string;
  readonly definitions: readonly SourceDefinition[];
}

function sources(file: string | undefined, options: CheckOptions): Source[] {
  const given: Source[] = options.event.map((text, index) => {
    const definition = argumentBytes(text);
    const columns = Array.from({ length: definition.length + 1 }, (_, i) => i + 1);
    return {
      name: options.event.length > 1 ? `-e#${index + 1}` : '-e',
      definitions: [{ text: definition, line: 1, columns }],
    };
  });
  if (file !== undefined)
    given.push({ name: file === '-' ? '<stdin>' : file, definitions: definitionsOf(latin1(readInput(file))) });
  if (given.length === 0) throw new UsageError('check needs definitions: -e DEFINITION, a file, or - for stdin');
  return given;
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

function block({ subsystem, text, command, position }: CommandError): string {
  return `${subsystem}: error: ${text}\n  Command: ${command}\n${' '.repeat(11 + position)}^\n`;
}

/** What can be said of a refusal that the kernel does not explain. */
function withoutEntry(text: string, answer: DefinitionAnswer): string {
  const removes = /^\s*[-!]/.test(text);
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
interface Finding {
  readonly source: string;
  readonly line: number;
  readonly column: number;
  readonly definition: string;
  readonly answer: DefinitionAnswer;
  readonly hint: string | undefined;
}

function asText({ source, line, column, definition, answer, hint }: Finding): string {
  if (answer.ret >= 0) return '';
  const reason = hint ?? (answer.errors.length === 0 ? withoutEntry(definition, answer) : undefined);
  const head = `${source}:${line}:${column}: ${errnoName(answer.ret)} (${errnoText(answer.ret)})\n`;
  return `${head}${answer.errors.map(block).join('')}${reason === undefined ? '' : `hint: ${reason}\n`}`;
}

const utf8 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('utf8');

function asJson({ source, line, column, definition, answer, hint }: Finding): object {
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

/** `fprobe check`: what the kernel answers to each definition, in order, on one fresh kernel. */
export function check(file: string | undefined, options: CheckOptions): void {
  const inputs = sources(file, options);
  const profile = profileOf(options.profile);
  const checker = new DefinitionCheck(profile);
  const hints = new Hints(profile, checker.machine.arch);
  const count = { accepted: 0, refused: 0, 'not checked': 0 };
  for (const { name, definitions } of inputs) {
    for (const source of definitions) {
      if (source.unknown !== undefined) {
        count['not checked']++;
        say(`${name}:${source.line}: not checked: it depends on ${source.unknown}`);
        continue;
      }
      const answer = checker.run(`${source.text}\n`);
      count[answer.ret < 0 ? 'refused' : 'accepted']++;
      const column = columnOf(source, answer.errors.at(-1));
      const hint = answer.ret < 0 ? firstHint(hints, answer.errors) : undefined;
      const finding = { source: name, line: source.line, column, definition: source.text, answer, hint };
      if (!(options.json ? putJson(asJson(finding)) : put(asText(finding)))) return;
    }
  }
  say(
    `${Object.entries(count)
      .filter(([what, n]) => n > 0 || what !== 'not checked')
      .map(([what, n]) => `${n} ${what}`)
      .join(', ')}`,
  );
  if (count.refused > 0) process.exitCode = ExitStatus.REFUSED;
}

function firstHint(hints: Hints, errors: readonly CommandError[]): string | undefined {
  for (const error of errors) {
    const hint = hints.for(error);
    if (hint !== undefined) return hint;
  }
  return undefined;
}
