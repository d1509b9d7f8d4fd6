import type { Cpu, Machine, StackTrace } from '../machine/index.ts';

/** What system call events stand in: places that are not traced, as bytes from a symbol's start. */
const SYSCALL_STACKS = {
  enter: [
    ['ftrace_syscall_enter', 0x156],
    ['syscall_trace_enter', 0x157],
    ['do_syscall_64', 0x274],
    ['entry_SYSCALL_64_after_hwframe', 0x76],
  ],
  exit: [
    ['ftrace_syscall_exit', 0xcf],
    ['syscall_exit_work', 0x9d],
    ['do_syscall_64', 0x20a],
    ['entry_SYSCALL_64_after_hwframe', 0x76],
  ],
} as const;

/** How a marker is written. */
const MARKER_STACK = [
  ['write_marker_to_buffer', 0x204],
  ['tracing_mark_write', 0xae],
  ['vfs_write', 0xcc],
  ['ksys_write', 0xbe],
  ['do_syscall_64', 0x84],
  ['entry_SYSCALL_64_after_hwframe', 0x76],
] as const;

const PROBE = 'trace_event_raw_event_';
/** Bytes between the call that stores a record and the end of the function that fills it, in most events. */
const PROBE_TAIL = 0x3e;

/** Writes down a place in the kernel's code: bytes from a symbol's start; nothing where there is no such symbol. */
export function pushPlace(machine: Machine, trace: StackTrace, name: string, offset: number): void {
  const address = machine.kallsyms.lookupName(name);
  if (address === undefined) return;
  const place = address + BigInt(offset);
  trace.push(Number(place & 0xffffffffn), Number(place >> 32n));
}

/** Names of the functions that fill records: several events of one kind share one. */
const probesOf = new WeakMap<Machine, string[]>();

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** The function that fills an event's record: its own, or that of the kind whose name is most alike. */
function probeOf(machine: Machine, event: string): string | undefined {
  if (machine.kallsyms.has(PROBE + event)) return PROBE + event;
  let probes = probesOf.get(machine);
  if (!probes) {
    probes = Array.from(machine.kallsyms.match(`${PROBE}*`), ({ name }) => name);
    probesOf.set(machine, probes);
  }
  let best: string | undefined;
  let most = event.indexOf('_');
  for (const probe of probes) {
    const alike = commonLength(probe.slice(PROBE.length), event);
    if (alike <= most) continue;
    most = alike;
    best = probe;
  }
  return best;
}

/** Writes down the stack of a write to `trace_marker`. */
export function pushMarkerStack(machine: Machine, trace: StackTrace): void {
  for (const [symbol, offset] of MARKER_STACK) pushPlace(machine, trace, symbol, offset);
}

/** Writes down the stack of a hit of a static event: the function that fills its record, then where the kernel has its tracepoint. */
export function pushStaticStack(
  machine: Machine,
  cpu: Cpu,
  trace: StackTrace,
  { system, name }: { readonly system: string; readonly name: string },
): void {
  const way = name.startsWith('sys_enter') ? 'enter' : name.startsWith('sys_exit') ? 'exit' : undefined;
  if (way !== undefined && system === 'syscalls') {
    for (const [symbol, offset] of SYSCALL_STACKS[way]) pushPlace(machine, trace, symbol, offset);
    return;
  }
  const probe = probeOf(machine, name);
  const address = probe === undefined ? undefined : machine.kallsyms.lookupName(probe);
  const size = address === undefined ? 0 : (machine.kallsyms.at(address)?.size ?? 0);
  if (probe !== undefined) pushPlace(machine, trace, probe, Math.max(0, size - PROBE_TAIL));
  if (way !== undefined && system === 'raw_syscalls') {
    for (const [symbol, offset] of SYSCALL_STACKS[way].slice(1)) pushPlace(machine, trace, symbol, offset);
  } else machine.pushPlaceStack(cpu, trace);
}
