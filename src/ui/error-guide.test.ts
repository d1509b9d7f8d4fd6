import { expect, test } from 'vitest';
import { ProbeErrorText } from '../abi/probe-errors.ts';
import { DefinitionCheck } from '../dynevent/index.ts';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { ERROR_GUIDE } from './error-guide.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const check = new DefinitionCheck(profile);
const all = Object.entries(ERROR_GUIDE);

test('every reason is explained, by an example or by whom it is of', () => {
  expect(all.map(([code]) => code).sort()).toEqual(Object.keys(ProbeErrorText).sort());
  expect(
    all.filter(([, { example, of }]) => (example === undefined) === (of === undefined)).map(([code]) => code),
  ).toEqual([]);
  expect(
    all
      .filter(([, { means, instead }]) => !/^[ -~]+[.)]$/.test(means) || !/^[ -~]+$/.test(instead))
      .map(([code]) => code),
  ).toEqual([]);
});

test.each(all.flatMap(([code, { example }]) => (example === undefined ? [] : [{ code, example }])))(
  'the example of $code is refused for it, and what stands before it is not',
  ({ code, example }) => {
    check.clear();
    const answers = example.map((line) => check.run(`${line}\n`));
    expect(answers.slice(0, -1).filter(({ ret }) => ret < 0)).toEqual([]);
    expect(answers.at(-1)!.errors.map((error) => error.code)).toContain(code);
    expect(answers.at(-1)!.ret).toBeLessThan(0);
  },
);
