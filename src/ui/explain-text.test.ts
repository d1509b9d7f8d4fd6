import { Chalk } from 'chalk';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DefinitionCheck } from '../dynevent/index.ts';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { ERROR_GUIDE } from './error-guide.ts';
import { DefinitionExplainer } from './explain-definition.ts';
import { explainCode, findError } from './explain-error.ts';
import { definitionText, errorText } from './explain-text.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const known = profile;
const paint = new Chalk({ level: 0 });

function lines(definition: string, width: number): string[] {
  const check = new DefinitionCheck(known);
  check.run(`${definition}\n`);
  const probe = check.probes[0]!;
  const explained = new DefinitionExplainer(known, check.machine).explain(
    { definition: probe.definition, call: probe.call, show: probe.show() },
    definition.split(' '),
  );
  const example = { line: 'x' };
  return definitionText(
    explained,
    { arch: 'x86_64', example, hints: ['a hint of some words'] },
    { width, paint },
  ).split('\n');
}

test.each([40, 60, 80, 120])('nothing that can be wrapped is wider than %d columns', (width) => {
  const all = lines('f:a vfs_read%return n=file->f_path.dentry->d_name.name:string ret=$retval', width);
  const isOneWord = (line: string) => /^\s*(?:\S+\s+)?\S+$/.test(line);
  const format = all.findIndex((line) => line.includes('name: a'));
  expect(all.slice(0, format).filter((line) => line.length > width && !isOneWord(line))).toEqual([]);
  expect(all.join('\n')).toMatch(width < 60 ? /\nrecord\n {2}\S/ : /\nrecord {6}\S/);
});

test('errors are found by name, by text and by what error_log shows of them', () => {
  const codes = Object.keys(ERROR_GUIDE) as (keyof typeof ERROR_GUIDE)[];
  for (const code of codes) {
    const explained = explainCode(code);
    expect(findError(code.toLowerCase())).toEqual(explained);
    expect(findError(`TP_ERR_${code}`)).toEqual(explained);
    expect(findError(`[   12.5] trace_fprobe: error: ${explained.text}`)?.text).toBe(explained.text);
    expect(errorText(explained, { width: 80, paint })).toMatch(/^error {7}\S[\s\S]*\nrule {8}\S/);
  }
  expect([findError('-EBUSY')?.name, findError('ebusy')?.name, findError('toString')]).toEqual([
    'EBUSY',
    'EBUSY',
    undefined,
  ]);
});

test('any text is no error or one of those, and never throws', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(findError(text)?.name ?? 'none').toMatch(/^[A-Z0-9_]+$|^none$/);
    }),
  );
});
