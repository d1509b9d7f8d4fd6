import type { CommandInfo, OptionInfo } from './command-tree.ts';
import { argumentKind, optionKind, type ValueKind } from './value-kinds.ts';

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** What the value's completion asks of fish: flags behind `complete`. */
function values(kind: ValueKind): string {
  if (kind.startsWith('=')) return `-a ${quoted(kind.slice(1).replaceAll(',', ' '))}`;
  const flags: Record<string, string> = {
    file: '-F',
    dir: `-a '(__fish_complete_directories)'`,
    none: '',
    command: `-a '(__fish_complete_subcommand --fcs-skip=2)'`,
    profile: `-a '(__fprobe_values profile; __fish_complete_directories)'`,
  };
  return flags[kind] ?? `-a '(__fprobe_values ${kind})'`;
}

function optionLine(path: string, option: OptionInfo): string {
  const { short, long, description } = option;
  const kind = optionKind(option);
  const parts = [
    `complete -c fprobe -n ${quoted(`__fprobe_at ${quoted(path)}`)}`,
    short === undefined ? '' : `-s ${short.slice(1)}`,
    `-l ${long.slice(2)}`,
    kind === undefined ? '' : kind === 'file' ? '-r -F' : `-x ${values(kind)}`,
    `-d ${quoted(description)}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

const all = (command: CommandInfo): CommandInfo[] => [command, ...command.commands.flatMap(all)];

/** The cases of `__fprobe_valued` in `completion.fish`. */
export function fishValued(program: CommandInfo): string {
  return all(program)
    .flatMap(({ path, options }) => {
      const valued = options.filter((option) => optionKind(option) !== undefined);
      const names = valued.flatMap(({ short, long }) => (short === undefined ? [long] : [short, long]));
      return names.length === 0
        ? []
        : [`        case ${quoted(path)}`, `            string split ' ' -- ${quoted(names.join(' '))}`];
    })
    .join('\n');
}

/** The `complete` commands at the end of `completion.fish`. */
export function fishCommands(program: CommandInfo): string {
  const commands = all(program);
  const lines = [
    `set -g __fprobe_commands ${commands
      .slice(1)
      .map(({ path }) => quoted(path))
      .join(' ')}`,
    '',
    'complete -c fprobe -f',
  ];
  for (const command of commands) {
    lines.push('', ...command.options.map((option) => optionLine(command.path, option)));
    for (const { name, description } of command.commands)
      lines.push(
        `complete -c fprobe -n ${quoted(`__fprobe_at ${quoted(command.path)} 0`)} -a ${name} -d ${quoted(description)}`,
      );
    for (const [i, argument] of command.arguments.entries()) {
      const flags = values(argumentKind(argument));
      const place = `__fprobe_at ${quoted(command.path)} ${i}${argument.variadic ? ' ...' : ''}`;
      if (flags !== '') lines.push(`complete -c fprobe -n ${quoted(place)} ${flags}`);
    }
  }
  return lines.join('\n');
}
