import { readFileSync } from 'node:fs';
import { describeCommand } from './command-tree.ts';
import { bashCommands } from './completion-bash.ts';
import { fishCommands, fishValued } from './completion-fish.ts';
import { zshCommands } from './completion-zsh.ts';
import { buildProgram } from './main.ts';
import { manualPage } from './manual.ts';

/** What is in completions/, by file name: made from the command line's commands and the shell code beside this file. */
export function completionFiles(root: URL): Record<string, string> {
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };
  const program = describeCommand(buildProgram(version));
  const script = (name: string, parts: Readonly<Record<string, string>>) =>
    readFileSync(new URL(`src/cli/${name}`, root), 'utf8').replace(
      /^ *# @(\w+)@$/gm,
      (_, part: string) => parts[part]!,
    );
  return {
    'fprobe.bash': script('completion.bash', { commands: bashCommands(program) }),
    _fprobe: script('completion.zsh', { commands: zshCommands(program) }),
    'fprobe.fish': script('completion.fish', { valued: fishValued(program), commands: fishCommands(program) }),
    'fprobe.1': manualPage(program, version),
  };
}
