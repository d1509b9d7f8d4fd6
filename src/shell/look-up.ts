import { BUILTINS, SPECIAL_BUILTINS } from './builtins.ts';
import type { Shell } from './shell.ts';

const KEYWORDS = new Set('! case do done elif else esac fi for if in then until while { }'.split(' '));

/** Where a program is that a command names; undefined for nowhere. */
export function programPath(shell: Shell, name: string): string | undefined {
  const { process } = shell;
  const real = (path: string) => {
    const found = process.system.vfs.realPath(process, path);
    return typeof found === 'string' ? found : undefined;
  };
  if (name.includes('/')) return real(name);
  for (const dir of (shell.get('PATH') ?? '/usr/bin').split(':')) {
    const path = `${dir || '.'}/${name}`;
    const stat = process.system.vfs.stat(process, path);
    if (typeof stat !== 'number' && stat.kind === 'file') return real(path);
  }
  return undefined;
}

/** Where a command's name leads: `alias`, `keyword`, `function`, `builtin`, or the path of a program; undefined for nothing. */
export function lookUp(shell: Shell, name: string): string | undefined {
  if (shell.aliases.has(name)) return 'alias';
  if (KEYWORDS.has(name)) return 'keyword';
  if (shell.functions.has(name)) return 'function';
  if (name in SPECIAL_BUILTINS || name in BUILTINS) return 'builtin';
  return programPath(shell, name);
}
