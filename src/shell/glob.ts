import { isPattern, patternSource, unescapePattern } from './pattern.ts';
import type { ShellProcess } from './shell-process.ts';

/** Paths that a pattern matches, sorted; none where nothing does. Quoted characters have a backslash in front. */
export function glob(who: ShellProcess, pattern: string): string[] {
  const names = pattern.split('/');
  const rooted = pattern.startsWith('/');
  let found = [rooted ? '/' : ''];
  for (const [i, name] of names.entries()) {
    if (name === '') continue;
    const last = names.slice(i + 1).every((rest) => rest === '');
    found = isPattern(name) ? matchNames(who, found, name) : found.map((dir) => dir + unescapePattern(name));
    if (last) {
      const slash = i < names.length - 1 ? '/' : '';
      return found
        .map((path) => path + slash)
        .filter((path) => isThere(who, path, name))
        .sort();
    }
    found = found.map((path) => `${path}/`);
  }
  return found;
}

function matchNames(who: ShellProcess, dirs: readonly string[], pattern: string): string[] {
  const regex = new RegExp(`^${patternSource(pattern)}$`);
  const hidden = pattern.startsWith('.');
  const { vfs } = who.system;
  return dirs.flatMap((dir) => {
    const names = vfs.list(who, dir === '' ? '.' : dir);
    if (typeof names === 'number') return [];
    return names.filter((name) => (hidden || !name.startsWith('.')) && regex.test(name)).map((name) => dir + name);
  });
}

/** What a pattern matched is there; a name that follows one may not be. */
function isThere(who: ShellProcess, path: string, last: string): boolean {
  if (isPattern(last) && !path.endsWith('/')) return true;
  return typeof who.system.vfs.stat(who, path, false) !== 'number';
}
