import type { ChalkInstance } from 'chalk';
import type { ExplainedArgument, ExplainedDefinition, ExplainedPlace } from './explain-definition.ts';
import type { ExplainedError } from './explain-error.ts';
import type { PathStep } from './explain-path.ts';

/** Columns of the titles at the left. */
const TITLE = 12;
const NARROW = 60;

/** How a text is laid out. */
export interface TextStyle {
  /** Columns of the terminal. */
  readonly width: number;
  readonly paint: ChalkInstance;
}

/** Splits words into lines of at most `width` columns; a longer word stands alone. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Lays out titled paragraphs: titles at the left, or above where there is little room. */
class Page {
  readonly #style: TextStyle;
  readonly #indent: number;
  readonly #lines: string[] = [];

  constructor(style: TextStyle) {
    this.#style = style;
    this.#indent = style.width < NARROW ? 2 : TITLE;
  }

  /** A paragraph; `paint` colours each of its lines after it was wrapped. */
  say(title: string, text: string, paint: (line: string) => string = (line) => line, hang = 0): void {
    const room = Math.max(20, this.#style.width - this.#indent - hang);
    const lines = text.split('\n').flatMap((line) => wrap(line, room));
    const { bold } = this.#style.paint;
    if (this.#indent < TITLE && title !== '') this.#lines.push(bold(title));
    for (const [i, line] of lines.entries()) {
      const left = i === 0 && this.#indent === TITLE ? bold(title.padEnd(this.#indent)) : ' '.repeat(this.#indent);
      this.#lines.push(`${left}${' '.repeat(i === 0 ? 0 : hang)}${paint(line)}`.trimEnd());
    }
  }

  /** Lines as they are, cut nowhere. */
  verbatim(title: string, lines: readonly string[], paint: (line: string) => string = (line) => line): void {
    if (this.#indent < TITLE && title !== '') this.#lines.push(this.#style.paint.bold(title));
    for (const [i, line] of lines.entries()) {
      const left =
        i === 0 && this.#indent === TITLE
          ? this.#style.paint.bold(title.padEnd(this.#indent))
          : ' '.repeat(this.#indent);
      this.#lines.push(`${left}${paint(line)}`.trimEnd());
    }
  }

  gap(): void {
    if (this.#lines.length > 0) this.#lines.push('');
  }

  get text(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

function pathLine({ text, type, of, offset, bits }: PathStep): string {
  if (of === undefined) return `${text}: ${type}`;
  const range = bits === undefined ? '' : bits[0] === bits[1] ? `, bit ${bits[0]}` : `, bits ${bits[0]}-${bits[1]}`;
  return `${text}: ${type}, at +${offset}${range} of ${of}`;
}

function place(
  page: Page,
  { kind, symbol, prototype, functions, count, why }: ExplainedPlace,
  paint: ChalkInstance,
): void {
  page.say(kind, prototype ?? symbol, paint.cyan, 2);
  if (prototype === undefined)
    page.say(
      '',
      `${/[*?[]/.test(symbol) ? 'a pattern has no types' : 'the types do not know it'}: arguments are $arg1, $arg2, ...`,
      paint.dim,
    );
  for (const { name, address, size, entrySite, entryAddress, module } of functions) {
    const inModule = module === undefined ? "the kernel's own" : `in module ${module}`;
    page.say(
      '',
      `${name} at ${address}, ${size} bytes, entry site ${entrySite} (${entryAddress}), ${inModule}`,
      undefined,
      2,
    );
  }
  if (count > functions.length) page.say('', `and ${count - functions.length} more`);
  page.say('', why);
}

function argument(
  page: Page,
  { name, fetches, type, typeFrom, path, steps, field }: ExplainedArgument,
  paint: ChalkInstance,
): void {
  page.gap();
  page.say('argument', `${name}=${fetches}`, paint.cyan, 2);
  for (const [i, step] of path.entries()) page.say(i === 0 ? 'path' : '', pathLine(step), undefined, 2);
  for (const [i, step] of steps.entries()) page.say(i === 0 ? 'fetch' : '', `${i + 1}. ${step}`, undefined, 3);
  page.say('type', `${type}, ${typeFrom}`);
  const bytes = `${field.size} byte${field.size === 1 ? '' : 's'}`;
  page.say('record', `${field.type} at offset ${field.offset}, ${bytes}, ${field.signed ? 'signed' : 'unsigned'}`);
}

/** A line of trace that the definition gives, and where it is from. */
export interface ExampleLine {
  readonly line: string;
  /** Workload that it was recorded under; `undefined` when it was made up from the types. */
  readonly workload?: string;
}

/** An accepted definition as text. */
export function definitionText(
  explained: ExplainedDefinition,
  more: { readonly arch: string; readonly example: ExampleLine; readonly hints: readonly string[] },
  style: TextStyle,
): string {
  const page = new Page(style);
  const { paint } = style;
  page.say('defines', explained.line, paint.green, 2);
  page.say(
    'event',
    `${explained.group}/${explained.event}, at the ${explained.at === 'tracepoint' ? 'tracepoint' : explained.at}`,
  );
  for (const text of explained.defaults) page.say('', text, paint.dim);
  page.gap();
  place(page, explained.place, paint);
  for (const each of explained.arguments) argument(page, each, paint);
  if (explained.registers.length > 0) {
    page.gap();
    const list = explained.registers.map(({ what, register }) => `${what} is ${register}`).join(', ');
    page.say('registers', `on ${more.arch}: ${list}`);
  }
  if (explained.entryData.length > 0) page.say('entry', `kept for the return: ${explained.entryData.join(', ')}`);
  page.gap();
  page.verbatim('format', explained.format.trimEnd().split('\n'));
  page.gap();
  const { line, workload } = more.example;
  page.verbatim('example', [line], paint.green);
  page.say(
    '',
    workload === undefined
      ? 'made up from the types: no recorded workload hits it'
      : `the first hit of the workload ${workload}`,
    paint.dim,
  );
  if (more.hints.length > 0) page.gap();
  for (const hint of more.hints) page.say('hint', hint, paint.yellow);
  return page.text;
}

/** A reason or errno as text. */
export function errorText({ name, text, means, instead, example, of }: ExplainedError, style: TextStyle): string {
  const page = new Page(style);
  const { paint } = style;
  page.say('error', text === undefined ? name : `${name}: ${text}`, paint.red);
  page.say('rule', means);
  page.say('instead', instead);
  for (const [i, line] of (example ?? []).entries()) {
    const shown = line.length > 200 ? `${line.slice(0, 120)} ... (${line.length} bytes)` : line;
    page.verbatim(i === 0 ? 'example' : '', [shown], paint.cyan);
  }
  if (of !== undefined) page.say('logged by', of, paint.dim);
  return page.text;
}

/** What a refusal broke, and what would be right: stands under the kernel's own block. */
export function refusalText(errors: readonly ExplainedError[], hints: readonly string[], style: TextStyle): string {
  const page = new Page(style);
  for (const { name, means, instead } of errors) {
    page.say('rule', means);
    page.say('instead', instead);
    page.say('reason', name, style.paint.dim);
  }
  for (const hint of hints) page.say('hint', hint, style.paint.yellow);
  return page.text;
}
