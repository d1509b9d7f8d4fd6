import type { ArgumentInfo, CommandInfo, OptionInfo } from './command-tree.ts';
import { argumentKind, optionKind, type ValueKind } from './value-kinds.ts';

/** Text in single quotes, for the shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** A description inside a specification of _arguments. */
const escaped = (text: string): string => text.replace(/[\\[\]:]/g, '\\$&');

function action(kind: ValueKind): string {
  if (kind.startsWith('=')) return `(${kind.slice(1).replaceAll(',', ' ')})`;
  const actions: Record<string, string> = {
    file: '_files',
    dir: '_files -/',
    none: '',
    command: '_normal',
    profile: '_fprobe_profiles',
  };
  return actions[kind] ?? `_fprobe_values ${kind}`;
}

function optionSpecs(option: OptionInfo): string[] {
  const { short, long, value, repeats, description } = option;
  const names = short === undefined ? [long] : [short, long];
  const kind = optionKind(option);
  const tail = `[${escaped(description)}]${kind === undefined ? '' : `:${value}:${action(kind)}`}`;
  return names.map((name) => {
    const takes = kind === undefined ? '' : name.startsWith('--') ? '=' : '+';
    return quoted(`${repeats ? '*' : `(${names.join(' ')})`}${name}${takes}${tail}`);
  });
}

function argumentSpecs(argument: ArgumentInfo): string[] {
  const { name, required, variadic } = argument;
  const kind = argumentKind(argument);
  // What belongs to a command is a command line of its own.
  if (kind === 'command') return ["'(-)1:command: _command_names -e'", "'*::arguments: _normal'"];
  return [quoted(`${variadic ? '*:' : required ? ':' : '::'}${escaped(name)}:${action(kind)}`)];
}

const functionName = (path: string): string => `_${path.replaceAll(' ', '__').replaceAll('-', '_')}`;

function commandFunction({ path, options, arguments: args, commands }: CommandInfo): string[] {
  const specs = options.flatMap(optionSpecs);
  if (commands.length === 0) {
    const all = [...specs, ...args.flatMap(argumentSpecs)];
    return [
      `${functionName(path)}() {`,
      ['  _arguments -s -S', ...all.map((spec) => `    ${spec}`)].join(' \\\n'),
      '}',
      '',
    ];
  }
  const described = commands.map(
    ({ name, description }) => `    ${quoted(`${name.replaceAll(':', '\\:')}:${description}`)}`,
  );
  return [
    `${functionName(path)}() {`,
    '  local curcontext=$curcontext state line',
    '  local -a subcommands=(',
    ...described,
    '  )',
    [
      '  _arguments -C -S',
      ...specs.map((spec) => `    ${spec}`),
      `    ':command:->command'`,
      `    '*::arg:->rest'`,
    ].join(' \\\n'),
    '  case $state in',
    '    command) _describe command subcommands ;;',
    '    rest)',
    '      case $line[1] in',
    ...commands.map((each) => `        ${each.name}) ${functionName(each.path)} ;;`),
    '      esac',
    '      ;;',
    '  esac',
    '}',
    '',
    ...commands.flatMap(commandFunction),
  ];
}

/** The functions of the commands in `completion.zsh`. */
export function zshCommands(program: CommandInfo): string {
  return commandFunction(program).join('\n').trimEnd();
}
