import type { CommandInfo, OptionInfo } from './command-tree.ts';

const unicode = (char: string): string => `\\[u${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`;

/** Text that roff takes as it is: ASCII, no escapes, no requests at the start of a line, hyphens that can be copied. */
function roff(text: string): string {
  const plain = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
  return plain.replace(/[^\n -~]/gu, unicode);
}

const bold = (text: string): string => `\\fB${roff(text)}\\fP`;
const italic = (text: string): string => `\\fI${roff(text)}\\fP`;

function optionFlags({ short, long, value, optional }: OptionInfo): string {
  const names = short === undefined ? [long] : [short, long];
  const shown = value === undefined ? '' : optional ? ` [${italic(value)}]` : ` ${italic(value)}`;
  return names.map(bold).join(', ') + shown;
}

function synopsis({ path, options, arguments: args, commands }: CommandInfo): string {
  const rest = args.map(({ name, required, variadic }) => {
    const shown = italic(name) + (variadic ? '...' : '');
    return required ? shown : `[${shown}]`;
  });
  return [
    bold(path),
    ...(options.length > 0 ? [`[${italic('options')}]`] : []),
    ...(commands.length > 0 ? [italic('command')] : []),
    ...rest,
  ].join(' ');
}

/** A sentence of what was written as a title. */
const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`;

/** What a help text says behind its lists, without the exit status, which the page has once. */
function notes(after: string): { paragraphs: string[]; examples: string[] } {
  const text = after.replace(/\n*^Exit status:[\s\S]*/m, '');
  const [prose = '', examples = ''] = text.split(/^Examples:\n/m);
  return {
    paragraphs: prose
      .split(/\n{2,}/)
      .map((part) => part.trim())
      .filter((part) => part !== ''),
    examples: examples
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  };
}

const exampleBlock = (lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['.PP', '.EX', ...lines.map((line) => `    ${roff(line)}`), '.EE'];

function optionList(options: readonly OptionInfo[]): string[] {
  return options.flatMap((option) => {
    const { description, fallback, choices } = option;
    const more = [
      ...(choices.length > 0 ? [`One of ${choices.join(', ')}.`] : []),
      ...(fallback === undefined || fallback === 'none' ? [] : [`Default: ${fallback}.`]),
    ];
    return ['.TP', optionFlags(option), roff([sentence(description), ...more].join(' '))];
  });
}

function section(command: CommandInfo): string[] {
  const { paragraphs, examples } = notes(command.after);
  const described = command.arguments.filter(({ description }) => description !== '');
  const own = command.options.filter(({ long }) => long !== '--help');
  return [
    `.SS ${roff(command.path)}`,
    synopsis(command),
    '.PP',
    roff(sentence(command.description)),
    ...paragraphs.flatMap((paragraph) => ['.PP', roff(paragraph)]),
    ...described.flatMap(({ name, description }) => ['.TP', italic(name), roff(sentence(description))]),
    ...optionList(own),
    ...exampleBlock(examples),
    ...command.commands.flatMap(section),
  ];
}

/** The manual page, in roff with the macros of man(7). */
export function manualPage(program: CommandInfo, version: string): string {
  const { examples } = notes(program.after);
  const status = /Exit status: ([\s\S]*)/.exec(program.after)?.[1] ?? '';
  const states = status
    .replaceAll('\n', ' ')
    .split(/; (?=\d )/)
    .map((state) => /^(\d+) (.*)$/.exec(state)!);
  return [
    `.\\" Made from the commands by: npm run completions`,
    `.TH FPROBE 1 "" "fprobe-sim ${version}" "User Commands"`,
    '.nh',
    '.ad l',
    '.SH NAME',
    "fprobe \\- Linux's tracefs and its fprobe engine, simulated",
    '.SH SYNOPSIS',
    synopsis(program),
    '.SH DESCRIPTION',
    roff(program.description),
    '.PP',
    'Standard output is data, standard error is talk.',
    '.SH OPTIONS',
    ...optionList(program.options),
    '.SH COMMANDS',
    ...program.commands.flatMap(section),
    '.SH EXIT STATUS',
    ...states.flatMap(([, code, meaning]) => ['.TP', bold(code!), roff(sentence(meaning!))]),
    '.SH ENVIRONMENT',
    '.TP',
    bold('NO_COLOR'),
    'When set, nothing is coloured.',
    '.SH EXAMPLES',
    ...exampleBlock(examples).slice(1),
    '.SH SEE ALSO',
    `${bold('trace-cmd')}(1), ${bold('perf-probe')}(1), ${bold('bpftrace')}(8)`,
    '',
  ].join('\n');
}
