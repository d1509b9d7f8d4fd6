import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import type { OpenFile } from './open-file.ts';
import { SimulatedKernel } from './simulated-kernel.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);

/**
 * What the real kernel answered to a program that had several files open: `o N PATH FLAGS` opens (r, w, a append, t truncate, n non-blocking), `r N SIZE`
 * reads, `w N DATA` writes, `s N 0` goes back to the start, `c N` closes, `m` and `d 0 PATH` make and remove a directory, `x 0 PATH DATA` opens with truncation, writes and closes. The line after it holds the result: an
 * errno, a number, or the bytes read, runs of NUL as `\0*LENGTH`.
 */
const golden = (name: string) =>
  gunzipSync(readFileSync(new URL(`../../selftests/golden/${name}.txt.gz`, import.meta.url))).toString('latin1');

/** Runs of NULs and other bytes as the log has them. */
function shown(data: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is shown otherwise
  return data.replace(/\0+|\n|\\|[\x01-\x1f\x7f-\xff]/g, (match) => {
    if (match[0] === '\0') return `\\0*${match.length}`;
    if (match === '\n') return '\\n';
    return match === '\\' ? '\\\\' : `\\x${match.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

/** Numbers and the name in a text are those of the recording's process and clock; of a page, its time stamp and the pids. */
function masked(answer: string): string {
  const page = answer.includes('\\0*7');
  if (page)
    return answer
      .replace(/^(\d+) (?:\\?.|\\x..)\\0\*7/, '$1 TS')
      .replace(/(\\x05\\0\*3)(?:\\x..|.)(\\0\*3)/g, '$1PID$2');
  const texts = (_: string, size: string, text: string) =>
    `${size}${text
      .replace(/ +\S+(?=-\d)/g, ' T')
      .replace(/[0-9a-f]{8,}|\d+/g, '0')
      .replace(/ +/g, ' ')}`;
  return answer.replace(/^(-?\d+ ?)(.*)$/s, texts);
}

/** Answers of a golden file that differ, as the masks show them. */
function differences(name: string, mask: (answer: string) => string): string[] {
  const { tracefs } = SimulatedKernel.boot(profile as Exclude<typeof profile, { error: string }>);
  const files = new Map<string, OpenFile>();
  const unescaped = (text: string) => text.replaceAll('\\n', '\n');
  const run = (line: string): string => {
    const [op, slot = '', path = '', rest = ''] = /^(\w) (\d+) ?(\S*) ?(.*)$/.exec(line)!.slice(1);
    const file = files.get(slot);
    switch (op) {
      case 'o': {
        const [append, truncate, nonblock] = [...'atn'].map((flag) => rest.includes(flag));
        const opened = tracefs.open(path, {
          read: rest.includes('r'),
          write: rest.includes('w'),
          append,
          truncate,
          nonblock,
        });
        if (typeof opened === 'number') return String(opened);
        files.set(slot, opened);
        return '0';
      }
      case 'r': {
        const data = file?.read(Number(path)) ?? -9;
        return typeof data === 'number' ? String(data) : `${data.length} ${shown(data)}`;
      }
      case 'w':
        return String(file?.write(unescaped(line.slice(line.indexOf(' ', 2) + 1))) ?? -9);
      case 's':
        file?.rewind();
        return file ? '0' : '-9';
      case 'c':
        file?.close();
        return files.delete(slot) ? '0' : '-9';
      case 'm':
        return String(tracefs.mkdir(path));
      case 'd':
        return String(tracefs.rmdir(path));
      default:
        return String(tracefs.write(path, unescaped(rest)));
    }
  };
  const wrong: string[] = [];
  let section = '';
  for (const [, head, line, answer] of golden(name).matchAll(/^(#.*)$|^(\w \d.*)\n= (.*)$/gm)) {
    if (head !== undefined) section = head;
    else {
      const mine = run(line!);
      if (mask(mine) !== mask(answer!)) wrong.push(`${section}: ${line}\n${answer}\n${mine}`.slice(0, 600));
    }
  }
  return wrong;
}

test('several readers at once, each at its own pace', () => {
  expect(differences('readers', masked)).toEqual([]);
});

test('filter files that are written piece by piece, read meanwhile, and open more than once', () => {
  expect(differences('function-filters', (answer) => answer.replaceAll('\t', '\\x09'))).toEqual([]);
});
