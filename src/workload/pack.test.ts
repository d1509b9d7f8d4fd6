import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packScript } from './pack.ts';
import type { ScriptCall } from './script.ts';
import { packFlags } from './step-flags.ts';
import { TestScript, testTask } from './test-scripts.ts';
import { unpackWorkload } from './unpack.ts';
import { PID_RESULT, StepKind, TAIL_CALL, type Workload } from './workload.ts';

function unpacked(bytes: Uint8Array): Workload {
  const workload = unpackWorkload(bytes);
  if ('error' in workload) throw new Error(workload.error);
  return workload;
}

const wide = (words: Uint32Array) => [...new BigUint64Array(words.buffer)];

function sample(): TestScript {
  const script = new TestScript([
    testTask(),
    testTask({ pid: 101, comm: 'child', fromStart: false, parent: 0, leader: 1, sharesMemory: true }),
  ]);
  script.enter(7, {
    args: [1n, 0xffff888004c27240n],
    result: 5n,
    flags: { irqsOff: true, preemptDepth: 2, lazyResched: true },
  });
  script.enter(8, { args: [0xffff888004c27280n], site: 0xffffffff81000200n });
  script.leaf(9, { tail: true }).point('kfree', [0n, 17n], { callSite: true });
  script.leave().fork(1).exec('new').point('sched_switch', [1n, 2n, 3n, 4n], { pids: 2 });
  script
    .fact(0xffff888004c27240n, Uint8Array.of(1, 2, 3))
    .leave()
    .switch(1);
  script
    .fact(0x400000n, Uint8Array.of(101, 0, 0, 0), { user: true, pid: true })
    .leaf(7, { args: [2n, 3n], result: 101n, pids: 1 | PID_RESULT })
    .switch(0, true);
  return script;
}

test('a script comes back as it was', () => {
  const { script } = sample();
  const workload = unpacked(packScript(script, [0x1000n, 0xffff888004c27000n]));
  expect(workload).toMatchObject({ name: 'test', names: ['new'], openCalls: 0 });
  expect(workload.tasks).toEqual(script.tasks);
  expect([...workload.pages]).toEqual([0x1000n, 0xffff888004c27000n]);
  expect([...workload.stepTime]).toEqual(script.steps.map(({ time }) => time));
  const calls: ScriptCall[] = [];
  for (const [i, step] of script.steps.entries()) {
    const value = workload.stepValue[i];
    if (step.op === 'enter') {
      expect([workload.stepKind[i], value]).toEqual([StepKind.ENTER, calls.push(step.call) - 1]);
    } else if (step.op === 'leave') {
      expect([workload.stepKind[i], calls[value]]).toEqual([StepKind.LEAVE, step.call]);
    } else if (step.op === 'point') {
      const { name, words, callSite, pids, inside } = workload.points[value];
      expect({ name, pids, inside: calls[inside] }).toEqual({ name: step.name, pids: step.pids, inside: step.inside });
      expect(wide(words)).toEqual(callSite ? [step.inside!.site, ...step.args.slice(1)] : step.args);
    }
  }
  expect([...workload.stepKind].slice(-1)).toEqual([StepKind.SWITCH_DEAD]);
  for (const [i, call] of calls.entries()) {
    expect(wide(workload.argWords.slice(2 * workload.callArgs[i], 2 * workload.callArgs[i + 1]))).toEqual(call.args);
    expect(workload.callFn[i]).toBe(call.fn);
    expect(workload.callParent[i]).toBe(call.parent === undefined ? -1 : calls.indexOf(call.parent));
    expect(workload.hasResult[i] === 1 ? wide(workload.resultWords)[i] : undefined).toBe(call.result);
    expect(wide(workload.siteWords)[i]).toBe(call.tail ? 0n : call.site);
    expect(workload.callFlags[i]).toBe(packFlags(call.flags) | (call.tail ? TAIL_CALL : 0));
  }
  expect([...workload.callPids]).toEqual([0, 0, 0, PID_RESULT]);
  const { facts } = workload;
  expect([facts.count, [...facts.at], [...facts.space], [...facts.pid], [...facts.bytes]]).toEqual([
    2,
    script.facts.map(({ at }) => at),
    [-1, 1],
    [0, 1],
    [1, 2, 3, 101, 0, 0, 0],
  ]);
});

test('random trees come back', () => {
  const value = fc.oneof(fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
  const call = fc.record({
    fn: fc.nat(3),
    args: fc.tuple(value, value),
    result: fc.option(value, { nil: undefined }),
    site: value,
    close: fc.nat(2),
  });
  fc.assert(
    fc.property(fc.array(call, { maxLength: 40 }), (calls) => {
      const script = new TestScript();
      let depth = 0;
      for (const { close, ...init } of calls) {
        script.enter(init.fn, { ...init, args: [...init.args], site: init.site === 2n ** 64n - 1n ? 0n : init.site });
        for (depth++; depth > 0 && depth > 3 - close; depth--) script.leave();
      }
      const workload = unpacked(packScript(script.script, []));
      const entered = script.script.steps.flatMap((step) => (step.op === 'enter' ? [step.call] : []));
      expect(wide(workload.argWords)).toEqual(entered.flatMap(({ args }) => args));
      expect(wide(workload.resultWords)).toEqual(entered.map(({ result }) => result ?? 0n));
      expect(wide(workload.siteWords)).toEqual(entered.map(({ site }) => site));
      expect([...workload.stepTime]).toEqual(script.script.steps.map(({ time }) => time));
    }),
  );
});

test('bytes that are no workload give an error, or at worst a workload', () => {
  const bytes = packScript(sample().script, []);
  expect(unpackWorkload(new Uint8Array(0))).toEqual({ error: 'not a workload of this version' });
  for (let length = 4; length < bytes.length; length++)
    expect(unpackWorkload(bytes.subarray(0, length))).toHaveProperty('error');
  fc.assert(
    fc.property(fc.nat(bytes.length - 5), fc.nat(255), (at, byte) => {
      const changed = bytes.slice();
      changed[4 + at] = byte;
      expect(() => unpackWorkload(changed)).not.toThrow();
    }),
    { numRuns: 500 },
  );
});
