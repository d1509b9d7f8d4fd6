import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/index.ts';
import { RecordFollower } from './record-follower.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const kernel = SimulatedKernel.boot(profile, { cpus: 2 });
const { machine, tracefs, tracing } = kernel;
const array = tracing.top;
const bytes = new Uint8Array(400);
const view = new DataView(bytes.buffer);

type Step = { do: 'record'; cpu: number; count: number } | { do: 'follow' | 'reset' };
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('record' as const),
        cpu: fc.integer({ min: 0, max: 1 }),
        count: fc.integer({ min: 1, max: 30 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('follow' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reset' as const) }) },
  ),
  { maxLength: 30 },
);

test('every record is seen once, in order, or counted as lost', () => {
  fc.assert(
    fc.property(steps, (run: Step[]) => {
      tracefs.write('trace', '');
      tracefs.write('buffer_size_kb', '8\n');
      const follower = new RecordFollower(array);
      const seen: number[] = [];
      let next = 0;
      let unseen = 0;
      let lost = 0;
      const follow = (): void => {
        const before = seen.length;
        const missed = follower.follow((rec) => seen.push(rec.view.getInt32(rec.base, true)));
        expect(seen.length - before + missed).toBe(unseen);
        lost += missed;
        unseen = 0;
      };
      for (const step of run) {
        if (step.do === 'record') {
          for (let i = 0; i < step.count; i++) {
            machine.clock.advance(1000);
            view.setInt32(0, next++, true);
            expect(array.buffer.write(step.cpu, bytes)).toBe(0);
            unseen++;
          }
        } else if (step.do === 'follow') {
          follow();
        } else {
          follow();
          array.reset();
        }
      }
      follow();
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
      expect(seen.length + lost).toBe(next);
    }),
    { numRuns: 200 },
  );
});
