import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameWords, maxOffset } from '../fgraph/index.ts';
import { ARCHES, type ArchName } from '../machine/index.ts';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { HeaderCodec } from './header.ts';
import { runMaxactive } from './maxactive-demo.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const kernel = {
  symbols: profile.symbols,
  functions: profile.functions,
  fn: profile.functions.idsByName('vfs_read')[0]!,
};

test('the pool misses what is beyond its nodes, the shadow stack what is too deep in a task', () => {
  const scenario = fc.record({
    tasks: fc.integer({ min: 1, max: 12 }),
    depth: fc.integer({ min: 1, max: 120 }),
    cpus: fc.integer({ min: 1, max: 4 }),
    maxactive: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
    data: fc.integer({ min: 0, max: 120 }),
    arch: fc.constantFrom<ArchName[]>('x86_64', 'arm64', 'loongarch', 's390'),
  });
  fc.assert(
    fc.property(scenario, (given) => {
      const { tasks, depth, cpus, maxactive, data } = given;
      const arch = ARCHES[given.arch];
      const calls = tasks * depth;
      const nodes = maxactive || 2 * cpus;
      const dataWords = Math.ceil(data / 8);
      const frame = frameWords(arch) + 1 + new HeaderCodec(arch.header).words + dataWords + 1;
      // A frame's last word, its data word, lies below maxOffset − 1.
      const deepest = Math.min(depth, Math.floor((maxOffset(arch) - 1) / frame));
      const { pool, shadow } = runMaxactive(kernel, given);
      expect(pool).toEqual({
        missed: Math.max(0, calls - nodes),
        counted: Math.max(0, calls - nodes),
        nodes,
        bytes: nodes * (64 + 8 * dataWords),
      });
      expect(shadow).toEqual({
        missed: tasks * (depth - deepest),
        counted: tasks * (depth - deepest),
        words: deepest * frame,
        bytes: tasks * 4096,
      });
    }),
    { numRuns: 60 },
  );
});
