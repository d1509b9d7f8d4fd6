import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { Hints } from '../ui/hints.ts';
import { Checker, optionSources } from './finding.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const known = profile;

/** What comes out for definitions, one after the other on one kernel: of the last one. */
function lookAt(definitions: readonly string[]): { reason: string; hints: readonly string[] } {
  const checker = new Checker(known);
  const findings = optionSources(definitions).map(({ name, definitions: [first] }) => checker.find(name, first!));
  const { answer, hints } = findings.at(-1)!;
  return { reason: answer.ret >= 0 ? 'ok' : (answer.errors.at(-1)?.code ?? String(answer.ret)), hints };
}

const golden = readFileSync(join(import.meta.dirname, '../../selftests/golden/hints.txt'), 'utf8')
  .split(/\n(?! )/)
  .filter((entry) => entry !== '' && !entry.startsWith('#'))
  .map((entry) => {
    const [head = '', ...hints] = entry.split('\n    ');
    const [, reason = '', definition = ''] = /^(\S+): (.*)$/s.exec(head) ?? [];
    return { reason, definition, hints };
  });

test('there are many of them', () => expect(golden.length).toBeGreaterThan(70));

test.each(golden)('$definition', ({ reason, definition, hints }) => {
  expect(lookAt([definition])).toEqual({ reason, hints });
});

test.each<[definitions: readonly string[], reason: string, hint: string]>([
  [['f:ev vfs_read', 'f:ev vfs_read'], 'SAME_PROBE', "it is defined already; '-:ev' takes it away"],
  [['f vfs_read%return', 'f vfs_read%return'], 'SAME_PROBE', "it is defined already; '-:vfs_read__exit' takes it away"],
  [['f:ev vfs_read', '-:evv'], '-2', 'no event of that name (and with those arguments) is defined; did you mean -:ev?'],
  [
    ['f:ev vfs_read', '-:ev vfs_write'],
    '-2',
    'no event of that name (and with those arguments) is defined: the name is there, but with another function or other arguments',
  ],
  [
    ['f:ev vfs_read', 'f:ev vfs_read%return'],
    'DIFF_PROBE_TYPE',
    "probes of one event are all at entry or all at return; give it a name of its own, or first '-:ev'",
  ],
  [
    ['t:a sched_switch', 't:b sched_switch'],
    '-22',
    'another event is on this tracepoint already; the kernel takes one (and logs no reason)',
  ],
  [[`f ${'x'.repeat(5000)}`], '-22', 'a line may have 4094 bytes'],
])('%j', (definitions, reason, hint) => {
  expect(lookAt(definitions)).toEqual({ reason, hints: [hint] });
});

test('an event that is in use: the steps that set it free', () => {
  const hints = new Hints(known, new Checker(known).machine.arch);
  expect(hints.silent('-:ev', -16, [{ group: 'fprobes', event: 'ev' }])).toBe(
    "it is enabled, or a trigger, an instance or perf holds it: echo 0 > events/fprobes/ev/enable, then '-:fprobes/ev'",
  );
});
