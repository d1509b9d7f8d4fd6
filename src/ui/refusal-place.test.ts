import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/index.ts';
import { lastRefusal, placeIn } from './refusal-place.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const { tracefs } = SimulatedKernel.boot(profile);
tracefs.append('dynamic_events', 'f:mine vfs_read count\n');

/** What the kernel says to a definition, with a caret in the definition where it points to. */
test.each([
  ['f:x vfs_read ^cont', 'NO_BTFARG'],
  ['  f:x   vfs_read   count   ^cont:u8', 'NO_BTFARG'],
  ['f:x vfs_read count:^u9', 'BAD_TYPE'],
  ['f:x ^nosuch_function', 'BAD_PROBE_ADDR'],
  ['f^3:x vfs_read%return', 'BAD_MAXACT'],
  ['^f:mine vfs_write count:u8', 'DIFF_ARG_TYPE'],
])('%s', (marked, code) => {
  const text = marked.replace('^', '');
  tracefs.write('error_log', '');
  expect(tracefs.append('dynamic_events', `${text}\n`)).toBeLessThan(0);
  const refusal = lastRefusal(String(tracefs.read('error_log')))!;
  expect(refusal).toMatchObject({ subsystem: 'trace_fprobe', code });
  if (code !== 'DIFF_ARG_TYPE') expect(placeIn(text, refusal.position)).toBe(marked.indexOf('^'));
});

test('of several entries the last one counts, and an empty log has none', () => {
  tracefs.write('error_log', '');
  expect(lastRefusal(String(tracefs.read('error_log')))).toBeUndefined();
  tracefs.append('dynamic_events', 'f:x vfs_read cont\n');
  tracefs.write('events/fprobes/mine/filter', 'cont == 4\n');
  expect(lastRefusal(String(tracefs.read('error_log')))).toMatchObject({
    subsystem: 'event filter parse error',
    text: 'Field not found',
    command: 'cont == 4',
  });
});
