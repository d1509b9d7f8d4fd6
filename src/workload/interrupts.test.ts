import { expect, test } from 'vitest';
import { parseFgraph } from './fgraph-text.ts';
import { parseFunc } from './func-text.ts';
import { InterruptPool, localizeGraft } from './interrupts.ts';
import type { RecordedCall, RecordedItem } from './recorded-run.ts';

const BASE = `
    1.000000 |   0)   probe-150    |               |  __x64_sys_read(regs=0xffffc9000063bf58) {
    1.000002 |   0)   probe-150    |   1.000 us    |    irq_enter_rcu();
    1.000103 |   0)   probe-150    |   1.000 us    |    raw_irqentry_exit_cond_resched();
    1.000104 |   0)   probe-150    | + 104.00 us   |  } /* __x64_sys_read */
`;
const WITH_INTERRUPTS = `
    9.000000 |   0)   other-170    |   1.000 us    |  irq_enter_rcu();
    9.000001 |   0)   other-170    |               |  __sysvec_apic_timer_interrupt(regs=0xffffc900005d3548) {
    9.000002 |   0)   other-170    |               |    /* local_timer_entry: vector=236 */
    9.000003 |   0)   other-170    |               |    /* not_simulated: a=1 */
    9.000004 |   0)   other-170    |   2.000 us    |    account_process_tick(p=0xffff888005b25040, user_tick=0);
    9.000201 |   0)   other-170    | ! 200.000 us  |  } /* __sysvec_apic_timer_interrupt */
`;
const FUNC = `
           probe-160     [000] d.h2.     2.000000: account_process_tick+0x4/0x90 <-__sysvec_apic_timer_interrupt+0x33/0x90
`;

/** A tree as lines `start fn(args)`, marks by their text. */
function lines(items: readonly RecordedItem[], depth = 0): string[] {
  return items.flatMap((item) => {
    const start = `${' '.repeat(depth)}${item.start - 1_000_000}`;
    if (item.kind === 'mark') return [`${start} ${item.text}`];
    const args = item.args.map(({ name, value }) => `${name}=${value.toString(16)}`);
    return [`${start} ${item.fn}(${args.join(' ')})`, ...lines(item.children, depth + 1)];
  });
}

function pool(): InterruptPool {
  const made = new InterruptPool();
  made.add(parseFgraph(WITH_INTERRUPTS));
  made.addLines(parseFunc(FUNC));
  return made;
}

test('an interrupt that a recording leaves out gets the handler of another, in the time that it took', () => {
  const run = parseFgraph(BASE);
  pool().graft(run);
  const task = [...run.tasks.values()][0]!;
  expect(lines(task.roots)).toEqual([
    '0 __x64_sys_read(regs=ffffc9000063bf58)',
    ' 2 irq_enter_rcu()',
    ' 3 __sysvec_apic_timer_interrupt(regs=ffffc900005d3548)',
    '  3 local_timer_entry: vector=236',
    '  4 account_process_tick(p=ffff888005b25040 user_tick=0)',
    ' 103 raw_irqentry_exit_cond_resched()',
  ]);
  expect(run.steps.map(({ op, item }) => `${op} ${item.kind === 'call' ? item.fn : item.text}`)).toEqual([
    'enter __x64_sys_read',
    'enter irq_enter_rcu',
    'leave irq_enter_rcu',
    'enter __sysvec_apic_timer_interrupt',
    'mark local_timer_entry: vector=236',
    'enter account_process_tick',
    'leave account_process_tick',
    'leave __sysvec_apic_timer_interrupt',
    'enter raw_irqentry_exit_cond_resched',
    'leave raw_irqentry_exit_cond_resched',
    'leave __x64_sys_read',
  ]);
});

test('its calls have the places and flags that the function tracer shows, and mean the interrupted task', () => {
  const run = parseFgraph(BASE);
  pool().graft(run);
  const calls = run.steps.flatMap(({ op, item }) => (op === 'enter' && item.kind === 'call' ? [item] : []));
  const [handler, tick] = [calls[2], calls[3]] as [RecordedCall, RecordedCall];
  expect(tick.returnTo).toEqual({ symbol: '__sysvec_apic_timer_interrupt', offset: 0x33, size: 0x90 });
  expect([tick.graftFlags?.preemptDepth, handler.graftFlags?.preemptDepth]).toEqual([2, 1]);
  for (const call of [handler, tick])
    localizeGraft(call, { address: 0xffff888007149ac0n, stackTop: 0xffffc9000063c000n });
  expect([handler.args[0]?.value, tick.args[0]?.value]).toEqual([0xffffc9000063b548n, 0xffff888007149ac0n]);
});

test('without handlers nothing changes', () => {
  const run = parseFgraph(BASE);
  const before = run.steps.length;
  new InterruptPool().graft(run);
  expect(run.steps.length).toBe(before);
});
