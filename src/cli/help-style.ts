import type { AddHelpTextContext, Command } from 'commander';

/** Commands under the headings of the first help, in the order in which they are told. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Define and trace:': ['trace', 'check', 'explain', 'top', 'workloads'],
  'Look inside:': ['stat', 'stacks', 'module', 'demo', 'arch'],
  'Use the tracing files:': [
    'sh',
    'exec',
    'mount',
    'boot',
    'status',
    'run',
    'cat',
    'write',
    'append',
    'ls',
    'shutdown',
  ],
  'Record and test:': ['record', 'replay', 'selftest', 'export'],
  'Set up:': ['profile', 'completion', 'doctor'],
};

/** Narrowest and widest that notes are set. */
const WIDTHS = { least: 40, most: 100 } as const;

const bold = (text: string): string => `\x1b[1m${text}\x1b[22m`;
const cyan = (text: string): string => `\x1b[36m${text}\x1b[39m`;

/** Words of a paragraph in lines of a width. */
function wrapped(paragraph: string, width: number): string {
  const lines: string[] = [''];
  for (const word of paragraph.split(/\s+/)) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

/** Notes set anew for a width: paragraphs are wrapped, indented lines and the headings above them stay as they are. */
export function setNotes(text: string, width: number): string {
  const parts = text.split(/\n{2,}/).map((part) => {
    const lines = part.split('\n');
    const indented = lines.findIndex((line) => line.startsWith('  '));
    if (indented < 0) return wrapped(part.trim(), width);
    const [heading, rest] = [lines.slice(0, indented), lines.slice(indented)];
    const head =
      heading.length === 1 && heading[0]!.endsWith(':') ? bold(heading[0]!) : wrapped(heading.join('\n'), width);
    return [...(heading.length === 0 ? [] : [head]), ...rest.map((line) => line.trimEnd())].join('\n');
  });
  return parts.join('\n\n').trim();
}

/** What those who write behind a help are told; `unset` when the text is wanted as it was given. */
interface NotesContext extends AddHelpTextContext {
  readonly unset?: boolean;
  write(text: string): void;
}

/** Lets what `addHelpText('after', …)` was given be set for the width of the terminal. */
function setAfter(command: Command): void {
  const emitter = command as Command & NodeJS.EventEmitter;
  const listeners = emitter.listeners('afterHelp');
  if (listeners.length === 0) return;
  emitter.removeAllListeners('afterHelp');
  emitter.on('afterHelp', (context: NotesContext) => {
    if (context.unset) {
      for (const listener of listeners) listener(context);
      return;
    }
    let text = '';
    const write = (piece: string): void => {
      text += piece;
    };
    for (const listener of listeners) listener({ ...context, write });
    const { getOutHelpWidth, getErrHelpWidth } = command.configureOutput();
    const width = (context.error ? getErrHelpWidth : getOutHelpWidth)?.() ?? 80;
    context.write(`\n${setNotes(text, Math.min(Math.max(width, WIDTHS.least), WIDTHS.most))}\n`);
  });
}

function styleCommand(command: Command, path: string): void {
  command
    .helpOption('-h, --help', 'show this help')
    .configureHelp({ styleTitle: bold, styleOptionTerm: cyan, styleSubcommandTerm: cyan, styleArgumentTerm: cyan })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'fprobe: ')) })
    .showHelpAfterError(`(${path} --help shows what there is)`);
  setAfter(command);
  for (const each of command.commands) styleCommand(each, `${path} ${each.name()}`);
}

/** Gives the helps of all commands one look: groups and order, colours on a terminal, notes as wide as it, one way of telling mistakes. */
export function styleHelp(program: Command): void {
  const order = Object.values(GROUPS).flat();
  const place = (command: Command) => (order.includes(command.name()) ? order.indexOf(command.name()) : order.length);
  (program.commands as Command[]).sort((a, b) => place(a) - place(b));
  for (const [heading, names] of Object.entries(GROUPS)) {
    for (const command of program.commands) if (names.includes(command.name())) command.helpGroup(heading);
  }
  program.commandsGroup('Set up:').helpCommand('help [command]', 'show the help of a command');
  styleCommand(program, program.name());
}
