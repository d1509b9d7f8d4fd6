import type { Assignments } from './event-program.ts';

/** What `info` says: 0 is a signal of the process itself, 1 one of the kernel, others point to a siginfo. */
const INFO: Assignments = {
  errno: '(unsigned long)info <= 1 ? 0 : info->si_errno',
  code: '(unsigned long)info == 0 ? 0 : (unsigned long)info == 1 ? 0x80 : info->si_code',
};

/** Fields of the signal events (`include/trace/events/signal.h`). */
export const SIGNAL: Readonly<Record<string, Assignments>> = {
  signal_generate: { ...INFO, comm: 'task->comm', pid: 'task->pid' },
  signal_deliver: { ...INFO, sa_handler: 'ka->sa.sa_handler', sa_flags: 'ka->sa.sa_flags' },
};
