import type { Command } from 'commander';

/** An option of a command. */
export interface OptionInfo {
  /** `-e`, when there is one. */
  readonly short: string | undefined;
  /** `--event`. */
  readonly long: string;
  /** Name of the value that it takes, without brackets; `undefined` for a switch. */
  readonly value: string | undefined;
  /** The value may be left out. */
  readonly optional: boolean;
  /** May be given several times. */
  readonly repeats: boolean;
  readonly description: string;
  /** The values that there are, where only some are taken. */
  readonly choices: readonly string[];
  /** What it is when left out, in words. */
  readonly fallback: string | undefined;
}

/** An argument of a command. */
export interface ArgumentInfo {
  readonly name: string;
  readonly required: boolean;
  readonly variadic: boolean;
  readonly description: string;
  readonly choices: readonly string[];
}

/** A command with all that can be said about it; the root is the program. */
export interface CommandInfo {
  readonly name: string;
  /** Names from the program on, as they are typed: `fprobe profile import`. */
  readonly path: string;
  readonly description: string;
  /** Heading in the help of the command above. */
  readonly group: string;
  readonly options: readonly OptionInfo[];
  readonly arguments: readonly ArgumentInfo[];
  readonly commands: readonly CommandInfo[];
  /** What its help says behind the lists: notes, examples, exit status. */
  readonly after: string;
}

const collects = (value: unknown) => Array.isArray(value);

function optionsOf(command: Command): OptionInfo[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      short: option.short,
      long: option.long!,
      value: /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1]?.replace(/\.+$/, ''),
      optional: option.optional,
      repeats: option.variadic || collects(option.defaultValue),
      description: option.description,
      choices: option.argChoices ?? [],
      fallback:
        option.defaultValueDescription ??
        (option.defaultValue === undefined || option.defaultValue === false ? undefined : String(option.defaultValue)),
    }));
}

/** What `addHelpText('after', …)` was given. */
function textAfter(command: Command): string {
  let text = '';
  const write = (piece: string): void => {
    text += piece;
  };
  // Its declarations leave out that a command is an event emitter.
  (command as Command & Pick<NodeJS.EventEmitter, 'emit'>).emit('afterHelp', {
    error: false,
    command,
    write,
    unset: true,
  });
  return text.trim();
}

/** Everything that a command and those below it take; hidden ones are left out. */
export function describeCommand(command: Command, above = ''): CommandInfo {
  const path = `${above}${command.name()}`;
  const help = command.createHelp();
  return {
    name: command.name(),
    path,
    description: command.description(),
    group: command.helpGroup() ?? '',
    options: optionsOf(command),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      required: argument.required,
      variadic: argument.variadic,
      description: argument.description,
      choices: argument.argChoices ?? [],
    })),
    commands: help
      .visibleCommands(command)
      .filter((each) => command.commands.includes(each))
      .map((each) => describeCommand(each, `${path} `)),
    after: textAfter(command),
  };
}
