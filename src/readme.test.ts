import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const readmes = [
  'README.md',
  ...readdirSync(join(root, 'src')).map((name) => `src/${name}/README.md`),
  'selftests/README.md',
];

interface Example {
  readonly command: string;
  /** Lines of stdout and stderr that the block shows; none when it shows none. */
  readonly shown: string;
}

/** The commands of the `console` blocks of a text, each with what stands below it. */
function examples(text: string): Example[] {
  return [...text.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    block!
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command, ...shown] = part.split('\n');
        return { command: command!, shown: shown.join('\n') };
      }),
  );
}

/** Times of records shift with every operation before them. */
const withoutTimes = (text: string) => text.trim().replace(/\d+\.\d{6}:/g, '#:');

function readIfThere(path: string): string {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return '';
  }
}

describe.each(readmes)('%s', (path) => {
  for (const { command, shown } of examples(readIfThere(path))) {
    test(command, async () => {
      const script = `fprobe() { node ${join(root, 'bin/fprobe.js')} "$@"; }\n${command}`;
      const run = await execa('bash', ['-c', script], { cwd: root, reject: false, all: true, env: { NO_COLOR: '1' } });
      expect(run.exitCode).toBeLessThan(2);
      if (shown.trim() === '') expect(run.stdout).not.toBe('');
      else expect(withoutTimes(`${run.stdout}\n${run.stderr}`)).toBe(withoutTimes(shown));
    });
  }
  test('names no command that is not there', async () => {
    const { stdout } = await execa('node', [join(root, 'bin/fprobe.js'), '--help']);
    const commands = new Set([...stdout.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name));
    const named = [...readIfThere(path).matchAll(/`fprobe (\w+)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !commands.has(name))).toEqual([]);
  });
});
