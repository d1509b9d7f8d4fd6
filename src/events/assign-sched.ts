import type { Assignments } from './event-program.ts';

const WAKES: Assignments = { target_cpu: 'p->thread_info.cpu' };

/** Fields of the scheduler's events, over their tracepoints' parameters (`include/trace/events/sched.h`). */
export const SCHED: Readonly<Record<string, Assignments>> = {
  sched_switch: { prev_state: 'sched_switch_state(preempt, prev_state, prev->exit_state)' },
  sched_waking: WAKES,
  sched_wakeup: WAKES,
  sched_wakeup_new: WAKES,
  sched_migrate_task: { orig_cpu: 'p->thread_info.cpu' },
  sched_process_wait: { comm: 'current->comm', pid: 'pid->numbers[0].nr', prio: 'current->prio' },
  sched_process_exec: { filename: 'bprm->filename', pid: 'p->pid' },
  sched_prepare_exec: {
    interp: 'bprm->interp',
    filename: 'bprm->filename',
    pid: 'task->pid',
    comm: 'task->comm',
  },
  sched_process_hang: { comm: 'tsk->comm', pid: 'tsk->pid' },
  sched_pi_setprio: {
    oldprio: 'tsk->prio',
    newprio: 'pi_task && pi_task->prio < tsk->normal_prio ? pi_task->prio : tsk->normal_prio',
  },
};
