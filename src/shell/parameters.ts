import type { Shell } from './shell.ts';

/** Value of a parameter of a shell: a positional one, a special one, or a variable; undefined when it is not set. */
export function parameterOf(shell: Shell, name: string): string | undefined {
  switch (name) {
    case '?':
      return String(shell.status);
    case '$':
      return String(shell.mainPid);
    case '!':
      return shell.lastJob && String(shell.lastJob.pid);
    case '#':
      return String(shell.args.length);
    case '@':
    case '*':
      return shell.args.join(' ');
    case '-':
      return [...shell.options].filter((option) => option.length === 1).join('') + (shell.isInteractive ? 'i' : '');
    case '0':
      return shell.name;
    case 'BASHPID':
      return String(shell.process.pid);
    case 'PPID':
      return String(shell.process.parent?.pid ?? 1);
    case 'PWD':
      return shell.process.cwd;
    case 'LINENO':
      return '1';
    case 'RANDOM':
      return String((shell.process.system.kernel.machine.clock.now >> 7) & 0x7fff);
    default:
      return /^\d+$/.test(name) ? shell.args[Number(name) - 1] : shell.get(name);
  }
}
