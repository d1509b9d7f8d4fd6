import type { CommandInfo } from './command-tree.ts';
import { argumentKind, optionKind } from './value-kinds.ts';

const words = (values: readonly string[]): string => `'${values.join(' ')}'`;

function entry({ path, options, arguments: args, commands }: CommandInfo): string[] {
  const names = options.map(({ short, long }) => (short === undefined ? [long] : [short, long]));
  const values = options.flatMap((option, i) => {
    const kind = optionKind(option);
    return kind === undefined ? [] : names[i]!.map((name) => `${name}:${kind}`);
  });
  const kinds = args.map((argument) => `${argumentKind(argument)}${argument.variadic ? '...' : ''}`);
  return [
    `    '${path}')`,
    `      commands=${words(commands.map(({ name }) => name))}`,
    `      options=${words(names.flat())}`,
    `      values=${words(values)}`,
    `      arguments=${words(kinds)}`,
    '      ;;',
    ...commands.flatMap(entry),
  ];
}

/** The entries of `_fprobe_command` in `completion.bash`. */
export function bashCommands(program: CommandInfo): string {
  return entry(program).join('\n');
}
