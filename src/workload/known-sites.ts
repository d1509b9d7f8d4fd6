import { type CodePlace, parsePlace } from './recorded-run.ts';

/**
 * Return places of calls on the way to sleep and to idle, which the recordings show without them: the calling function of
 * the tree, the called one, and the place, as Linux 6.16.3 (Debian's amd64 cloud build) has it.
 */
const LINES = `
- __x64_sys_clock_nanosleep do_syscall_64+0x84/0x2c0
__x64_sys_clock_nanosleep get_timespec64 __x64_sys_clock_nanosleep+0x9a/0x180
__x64_sys_clock_nanosleep common_nsleep __x64_sys_clock_nanosleep+0xf4/0x180
common_nsleep hrtimer_nanosleep common_nsleep+0x43/0x50
hrtimer_nanosleep hrtimer_setup_sleeper_on_stack hrtimer_nanosleep+0x3e/0x100
hrtimer_nanosleep do_nanosleep hrtimer_nanosleep+0x86/0x100
pick_next_task_fair sched_balance_newidle pick_next_task_fair+0x51/0x330
sched_balance_newidle sched_balance_update_blocked_averages sched_balance_newidle+0x105/0x4c0
sched_balance_newidle raw_spin_rq_lock_nested sched_balance_newidle+0x454/0x4c0
sched_balance_update_blocked_averages raw_spin_rq_lock_nested _raw_spin_rq_lock_irqsave+0x17/0x20
sched_balance_update_blocked_averages update_other_load_avgs sched_balance_update_blocked_averages+0x77/0x6d0
update_other_load_avgs update_rt_rq_load_avg update_other_load_avgs+0x4e/0xa0
update_other_load_avgs update_dl_rq_load_avg update_other_load_avgs+0x67/0xa0
schedule pick_task_idle __schedule+0xbae/0xd00
schedule set_next_task_idle __schedule+0x70a/0xd00`;

/** By `caller>function`. */
export const KNOWN_SITES: ReadonlyMap<string, CodePlace> = new Map(
  LINES.trim()
    .split('\n')
    .flatMap((line) => {
      const [caller, fn, text] = line.split(' ');
      const place = parsePlace(text);
      return place === undefined ? [] : [[`${caller === '-' ? '' : caller}>${fn}`, place] as const];
    }),
);
