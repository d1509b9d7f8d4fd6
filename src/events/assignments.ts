import { KMEM } from './assign-kmem.ts';
import { EXCEPTIONS, FILEMAP, WRITEBACK } from './assign-memory.ts';
import { SCHED } from './assign-sched.ts';
import { SIGNAL } from './assign-signal.ts';
import { IRQ, TIMER, WORKQUEUE } from './assign-timer.ts';
import type { Assignments } from './event-program.ts';

const TABLES: Readonly<Record<string, Readonly<Record<string, Assignments>>>> = {
  exceptions: EXCEPTIONS,
  filemap: FILEMAP,
  irq: IRQ,
  kmem: KMEM,
  memcg: { count_memcg_events: { id: 'memcg->id.id' } },
  mmap: { exit_mmap: { mt: '&mm->mm_mt' } },
  raw_syscalls: {
    sys_enter: { args: '{regs->di, regs->si, regs->dx, regs->r10, regs->r8, regs->r9}' },
    sys_exit: { id: 'regs->orig_ax' },
  },
  rseq: { rseq_update: { cpu_id: 'smp_processor_id()', node_id: '0', mm_cid: 't->mm_cid' } },
  sched: SCHED,
  signal: SIGNAL,
  timer: TIMER,
  workqueue: WORKQUEUE,
  writeback: WRITEBACK,
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
