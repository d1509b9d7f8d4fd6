import { ProbeErrorText } from '../abi/probe-errors.ts';
import type { CommandError } from '../dynevent/index.ts';

/** The last entry of an `error_log`; `undefined` when there is none. */
export function lastRefusal(log: string): CommandError | undefined {
  const entry = log.slice(log.lastIndexOf('\n[') + 1);
  const match = /^\[[ \d.]+\] ([\s\S]*?): error: (.*)\n {2}Command: ([\s\S]*)\n {11}( *)\^\n$/.exec(entry);
  if (match === null) return undefined;
  const [, subsystem = '', text = '', command = '', indent = ''] = match;
  const code = Object.entries(ProbeErrorText).find(([, each]) => each === text)?.[0] ?? '';
  return { subsystem, code: code as CommandError['code'], text, command, position: indent.length };
}

/** Where in a text, which has white space of its own, a place in its words joined by single spaces is; 0-based. */
export function placeIn(text: string, position: number): number {
  let at = 0;
  let left = Math.max(0, position);
  for (const match of text.matchAll(/[^\s\0]+/g)) {
    at = match.index + Math.min(left, match[0].length);
    if (left <= match[0].length) break;
    left -= match[0].length + 1;
  }
  return at;
}
