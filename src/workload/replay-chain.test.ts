import { expect, test } from 'vitest';
import { StackTrace } from '../machine/index.ts';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/simulated-kernel.ts';
import { Replay, unpackWorkload } from './index.ts';
import type { Workload } from './workload.ts';

const profile = builtinProfile();
const kernel = SimulatedKernel.boot(profile);
const { machine, ftrace } = kernel;

function builtinProfile() {
  const loaded = loadProfile();
  if (isProfileError(loaded)) throw new Error(loaded.error);
  return loaded;
}

function workload(name: string): Workload {
  const unpacked = unpackWorkload(profile.workloads.read(name)!);
  if ('error' in unpacked) throw new Error(unpacked.error);
  return unpacked;
}

/** The stacks, each once, that a workload's calls of a function have, as symbols with offsets. */
function stacksAt(name: string, symbol: string): string[] {
  const seen = new Set<string>();
  const trace = new StackTrace();
  const fn = machine.functions.idsByName(symbol)[0]!;
  machine.setEntryHook({
    sites: Uint8Array.from(ftrace.sites, (_, id) => (id === fn ? 1 : 0)),
    pushSite: () => {},
    enter: (cpu) => {
      trace.clear();
      machine.pushEntryStack(cpu, trace);
      const places = Array.from({ length: trace.count }, (_, i) =>
        machine.kallsyms.symbolAt((BigInt(trace.words[2 * i + 1]!) << 32n) | BigInt(trace.words[2 * i]!)),
      );
      seen.add(places.map((place) => place.replace(/\/0x[0-9a-f]+$/, '')).join(' '));
      return false;
    },
    leave: () => {},
  });
  const sites = { ftrace: { sites: Uint8Array.from(ftrace.sites, (_, id) => (id === fn ? 1 : 0)) } };
  new Replay({ ...kernel, machine, ...sites, tracepoints: kernel.tracepoints }, workload(name)).run();
  machine.setEntryHook(ftrace);
  return [...seen];
}

const SYSCALL = 'do_syscall_64+0x84 entry_SYSCALL_64_after_hwframe+0x76';

/** Stacks that the real kernel showed at these functions, in programs that fork, wait, exit and meet page faults. */
test.each([
  ['sh-fork', 'kernel_clone', `kernel_clone+0x9 __do_sys_clone+0x65 ${SYSCALL}`],
  [
    'sh-fork',
    'handle_mm_fault',
    'handle_mm_fault+0x9 do_user_addr_fault+0x2c3 exc_page_fault+0x74 asm_exc_page_fault+0x26',
  ],
  [
    'sh-fork',
    'lock_vma_under_rcu',
    'lock_vma_under_rcu+0x9 do_user_addr_fault+0x23a exc_page_fault+0x74 asm_exc_page_fault+0x26',
  ],
  ['sh-fork', 'schedule_tail', 'schedule_tail+0x9 ret_from_fork+0x1b ret_from_fork_asm+0x1a'],
  ['sh-fork', 'do_exit', `do_exit+0x9 do_group_exit+0x30 __x64_sys_exit_group+0x18 x64_sys_call+0xfdb ${SYSCALL}`],
  [
    'sh-fork',
    'blkcg_maybe_throttle_current',
    'blkcg_maybe_throttle_current+0x9 exit_to_user_mode_loop+0xb5 do_syscall_64+0x1b2 entry_SYSCALL_64_after_hwframe+0x76',
  ],
  ['ls', 'vfs_read', `vfs_read+0x9 ksys_read+0x6b ${SYSCALL}`],
  [
    'mkdir-rm',
    'switch_mm_irqs_off',
    `switch_mm_irqs_off+0x9 __schedule+0x451 schedule+0x27 do_wait+0x58 kernel_wait4+0xb6 __do_sys_wait4+0x9b ${SYSCALL}`,
  ],
])('%s: a stack at %s', (name, symbol, stack) => {
  expect(stacksAt(name, symbol)).toContain(stack);
});

test('an interrupt stands on top of what it interrupted', () => {
  const interrupt =
    / __irq_exit_rcu\+0x3d sysvec_apic_timer_interrupt\+0x71 asm_sysvec_apic_timer_interrupt\+0x1a (?=\w)/;
  const inKernel = stacksAt('sh-fork', 'idle_cpu').filter((stack) => interrupt.test(stack));
  expect(inKernel.length).toBeGreaterThan(3);
  expect(inKernel.filter((stack) => stack.endsWith(SYSCALL)).length).toBeGreaterThan(1);
});
