import { KMEM } from './assign-kmem.ts';
import { SCHED } from './assign-sched.ts';
import { SIGNAL } from './assign-signal.ts';
import type { Assignments } from './event-program.ts';

const TABLES: Readonly<Record<string, Readonly<Record<string, Assignments>>>> = {
  kmem: KMEM,
  raw_syscalls: {
    sys_enter: { args: '{regs->di, regs->si, regs->dx, regs->r10, regs->r8, regs->r9}' },
    sys_exit: { id: 'regs->orig_ax' },
  },
  sched: SCHED,
  signal: SIGNAL,
  task: {
    task_newtask: { oom_score_adj: 'task->signal->oom_score_adj' },
    task_rename: { oldcomm: 'task->comm', newcomm: 'comm', oom_score_adj: 'task->signal->oom_score_adj' },
  },
};

const NONE: Assignments = {};

/** What the fields of an event are filled with, where their names do not tell. */
export function assignmentsOf(system: string, name: string): Assignments {
  return TABLES[system]?.[name] ?? NONE;
}
