import type { Machine } from './machine.ts';
import type { StackTrace } from './stack-trace.ts';

/** A place in a function: bytes from its start, as x86_64 of 6.16 has them. */
type Place = readonly [symbol: string, offset: number];

/** What leads into the traced part of the kernel from outside, by the function it calls: the place where that one's caller goes on. */
const ENTRIES: Readonly<Record<string, Place>> = {
  x64_sys_call: ['do_syscall_64', 0x84],
  exit_to_user_mode_loop: ['do_syscall_64', 0x1b2],
  syscall_exit_work: ['do_syscall_64', 0x20a],
  syscall_trace_enter: ['do_syscall_64', 0x274],
  do_syscall_64: ['entry_SYSCALL_64_after_hwframe', 0x76],
  kthread: ['ret_from_fork', 0x15c],
  ret_from_fork: ['ret_from_fork_asm', 0x1a],
  irqentry_exit_to_user_mode: ['asm_exc_page_fault', 0x26],
};

/** The same for interrupts and exceptions, which stand on top of what they interrupted. */
const INTERRUPTS: Readonly<Record<string, Place>> = {
  do_user_addr_fault: ['exc_page_fault', 0x74],
  exc_page_fault: ['asm_exc_page_fault', 0x26],
  __irq_exit_rcu: ['sysvec_apic_timer_interrupt', 0x71],
  sysvec_apic_timer_interrupt: ['asm_sysvec_apic_timer_interrupt', 0x1a],
};

/** A system call's function, which `do_syscall_64()` jumps or calls to. */
const SYSTEM_CALL = /^__(x64|ia32|do|se)_sys_/;

const entryOf = (name: string): Place | undefined =>
  INTERRUPTS[name] ?? ENTRIES[SYSTEM_CALL.test(name) ? 'x64_sys_call' : name];

function pushPlaces(machine: Machine, first: string, next: (name: string) => Place | undefined, trace: StackTrace) {
  for (let place = next(first); place; place = next(place[0])) {
    const symbol = machine.kallsyms.lookupName(place[0]);
    if (symbol === undefined) return;
    const address = symbol + BigInt(place[1]);
    trace.push(Number(address & 0xffffffffn), Number(address >> 32n));
  }
}

/** Writes down what lies above a function that no traced function called: the kernel's entry code. */
export function pushEntryCode(machine: Machine, outermost: string, trace: StackTrace): void {
  pushPlaces(machine, outermost, entryOf, trace);
}

/**
 * Writes down what lies between a function of the entry code for interrupts and what was interrupted.
 * @returns whether the function is such
 */
export function pushInterruptEntry(machine: Machine, name: string, trace: StackTrace): boolean {
  pushPlaces(machine, name, (each) => INTERRUPTS[each], trace);
  return name in INTERRUPTS || name.startsWith('asm_');
}
