import { expect, test } from 'vitest';
import { packScript } from './pack.ts';
import { layStack, STACK_SIZE } from './stack-layout.ts';
import { TestScript, testTask } from './test-scripts.ts';
import { unpackWorkload } from './unpack.ts';
import type { Workload } from './workload.ts';

const TOP = testTask().stackTop;

function depths(script: TestScript): number[] {
  return [...layStack(unpackWorkload(packScript(script.script, [])) as Workload)];
}

test('a call is below its caller, a jump in its place', () => {
  const script = new TestScript();
  script.enter(1);
  script.enter(2);
  script.leaf(3, { tail: true }).leaf(4).leave().leaf(2).leave();
  const [root, caller, jumped, called, again] = depths(script);
  expect(caller).toBeGreaterThan(root);
  expect(jumped).toBe(caller);
  expect(called).toBeGreaterThan(caller);
  expect(again).toBe(caller);
});

test('locals that are passed down lie above the return address, wherever the function is called', () => {
  const script = new TestScript();
  script.enter(1);
  script
    .leaf(2, { args: [TOP - 0x300n] })
    .leaf(3)
    .leave();
  script.enter(1);
  script.leaf(3).leave();
  const [root, passed, , , later] = depths(script);
  expect(TOP - BigInt(passed)).toBeLessThanOrEqual(TOP - 0x300n - 8n);
  expect(passed).toBeGreaterThan(root);
  // The frame of function 1 is as large everywhere.
  expect(later).toBe(passed);
});

test('arguments on the stack have room', () => {
  const script = new TestScript();
  script.enter(1);
  script.leaf(2, { args: [TOP - 0x300n, 0n, 0n, 0n, 0n, 0n, 7n, 8n] }).leave();
  expect(depths(script)[1]).toBeGreaterThanOrEqual(0x300 + 8 + 16);
});

test('no call leaves its stack', () => {
  const script = new TestScript();
  for (let n = 0; n < 400; n++) script.enter(n);
  expect(Math.max(...depths(script))).toBeLessThan(STACK_SIZE);
});
