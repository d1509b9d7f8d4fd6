import { expect, test } from 'vitest';
import { builtinProfile, TestKernel } from '../dynevent/test-kernel.ts';
import { compileExpression } from './expression.ts';
import { Hit } from './hit.ts';

const { machine, types } = new TestKernel(builtinProfile());
const [cpu] = machine.cpus;
const hit = new Hit(machine);

const struct = (name: string) => types.findByName(name, 'struct')!;
const pointerTo = (name: string) => types.funcProto(name)!.params[0]!.type;

/** A task_struct in memory. */
const task = machine.allocate(types.sizeOf(struct('task_struct'))!, 64, true);
function put(path: string, value: bigint): void {
  const place = types.memberPath(struct('task_struct'), path)!;
  machine.memory.writeUint(task + BigInt(place.bitOffset / 8), place.bitSize / 8, value);
}
put('pid', 42n);
put('prio', -5n);
put('__state', 0x402n);
put('exit_state', 0n);
put('thread_info.cpu', 3n);
put('signal', task);

/** The value of an expression over `p` (the task), `n` (an int in a register whose upper half is not its own) and `page`. */
function evaluate(text: string, n = 0): bigint | undefined {
  const value = compileExpression(text, {
    types,
    params: [
      { name: 'p', type: pointerTo('wake_up_new_task') },
      { name: 'n', type: types.findByName('int', 'int')! },
      { name: 'page', type: pointerTo('put_page_back_buddy') ?? 0 },
    ],
    enumerator: (name) => (name === 'HI_SOFTIRQ' ? 0n : name === 'TIMER_SOFTIRQ' ? 1n : undefined),
  });
  if (value === undefined) return undefined;
  const { argRegs } = machine.arch;
  const { wide } = cpu!.current.regs;
  wide[argRegs[1]!] = task;
  wide[argRegs[2]!] = BigInt.asUintN(32, BigInt(n)) | 0xabcd0000_00000000n;
  wide[argRegs[3]!] = 0xffffea0000000040n;
  hit.cpu = cpu!;
  value.load(hit);
  return BigInt.asIntN(64, (BigInt(hit.hi) << 32n) | BigInt(hit.lo));
}

test.each([
  ['p->pid', 42n],
  ['p->prio', -5n],
  ['p->thread_info.cpu', 3n],
  ['p->__state', 0x402n],
  ['n', -2n],
  ['n + 1', -1n],
  ['n < 0', 1n],
  ['(unsigned int)n < 0', 0n],
  ['(unsigned int)n', 0xfffffffen],
  ['n == -2 ? p->pid : 0', 42n],
  ['-n', 2n],
  ['~n', 1n],
  ['!n', 0n],
  ['n && p->pid', 1n],
  ['!n || p->pid == 41', 0n],
  ['p->pid << 12', 172032n],
  ['(p->pid << 12) >> 4', 10752n],
  ['p->pid & 0xf', 10n],
  ['p->pid ^ 1 | 4', 47n],
  ['p->pid - 50', -8n],
  ['1 << n', 0n],
  ['TIMER_SOFTIRQ + 1', 2n],
  ['*&p->pid', undefined],
  ['sched_switch_state(0, p->__state, p->exit_state)', 0x80n],
  ['sched_switch_state(1, p->__state, p->exit_state)', 0x100n],
  ['sched_switch_state(0, 0, 0)', 0n],
  ['sched_switch_state(0, 2, 0)', 2n],
  ['sched_switch_state(0, 0, 16)', 0x10n],
  ['page_to_pfn(page)', 1n],
  ['page_to_pfn(0)', -1n],
  ['smp_processor_id()', 0n],
  ['p->nosuch', undefined],
  ['nosuch', undefined],
  ['nosuch(p)', undefined],
  ['p->', undefined],
])('%s', (text, value) => {
  expect(evaluate(text, -2)).toBe(value);
});

test('what cannot be read is 0', () => {
  put('signal', 0xdead000000000000n);
  expect(evaluate('p->signal->oom_score_adj')).toBe(0n);
});
