import type { Assignments } from './event-program.ts';

const VECTOR: Assignments = { vec: 'vec_nr' };

/** Fields of the softirq events (`include/trace/events/irq.h`). */
export const IRQ: Readonly<Record<string, Assignments>> = {
  softirq_raise: VECTOR,
  softirq_entry: VECTOR,
  softirq_exit: VECTOR,
  tasklet_entry: { tasklet: 't' },
  tasklet_exit: { tasklet: 't' },
};

/** Fields of the timers' events (`include/trace/events/timer.h`). */
export const TIMER: Readonly<Record<string, Assignments>> = {
  timer_start: { now: 'jiffies()' },
  timer_expire_entry: { now: 'jiffies()' },
  hrtimer_start: { expires: 'hrtimer->node.expires', softexpires: 'hrtimer->_softexpires' },
  hrtimer_expire_entry: { now: '*now' },
};

const WORK: Assignments = { function: 'work->func' };

/** Fields of the workqueues' events (`include/trace/events/workqueue.h`). */
export const WORKQUEUE: Readonly<Record<string, Assignments>> = {
  workqueue_queue_work: { ...WORK, workqueue: 'pwq->wq->name', cpu: 'pwq->pool->cpu' },
  workqueue_activate_work: WORK,
  workqueue_execute_start: WORK,
};
