import { expect, test } from 'vitest';
import type { StepFlags } from './script.ts';
import { EventFlags } from './step-flags.ts';

const QUIET: StepFlags = {
  irqsOff: false,
  needResched: false,
  lazyResched: false,
  hardirq: false,
  softirq: false,
  preemptDepth: 0,
};
const flags = new EventFlags('wake d..3. 9\nwake d.s2. 7\nwake dls4. 90\nraise d.h.. 5\nraise .l... 1\n');
const shown = (name: string, near: Partial<StepFlags>) => {
  const { irqsOff, lazyResched, hardirq, softirq, preemptDepth } = flags.usual(name, { ...QUIET, ...near });
  return `${irqsOff ? 'd' : '.'}${lazyResched ? 'l' : '.'}${hardirq ? 'h' : softirq ? 's' : '.'}${preemptDepth}`;
};

test.each([
  ['in a task', 'wake', {}, 'd..3'],
  ['in a softirq, where most lines show that a task is to run soon', 'wake', { softirq: true }, 'dls4'],
  ['in a hardirq, where it was never seen: as where it is seen most', 'wake', { hardirq: true }, 'dls4'],
  ['what happened before stays', 'wake', { lazyResched: true }, 'dl.3'],
  ['another context', 'raise', { hardirq: true }, 'd.h0'],
  ['a name without lines keeps the flags of what is near', 'other', { irqsOff: true, preemptDepth: 1 }, 'd..1'],
])('%s', (_, name, near, expected) => {
  expect(shown(name, near)).toBe(expected);
});
