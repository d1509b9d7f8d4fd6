import { Errno } from '../abi/errno.ts';
import { type Cpu, Preempt } from '../machine/cpu.ts';
import { recordPrint } from './marker.ts';
import type { TraceArray } from './trace-array.ts';

const CLEARS_ALL = [
  '# echo 0 > snapshot : Clears and frees snapshot buffer',
  '# echo 1 > snapshot : Allocates snapshot buffer, if not already allocated.',
  '#                      Takes a snapshot of the main buffer.',
  '# echo 2 > snapshot : Clears snapshot buffer (but does not allocate or free)',
  "#                      (Doesn't have to be '2' works with any number that",
  "#                       is not a '0' or '1')",
];

const CLEARS_CPU = [
  '# echo 0 > snapshot : Invalid for per_cpu snapshot file.',
  '# echo 1 > snapshot : Not supported with this kernel.',
  '#                     Must use main snapshot file to allocate.',
  "# echo 2 > snapshot : Clears this cpu's snapshot buffer (but does not allocate)",
  "#                      (Doesn't have to be '2' works with any number that",
  "#                       is not a '0' or '1')",
];

function helpText(array: TraceArray, ofCpu: boolean): string {
  const state = array.snapshotAllocated ? 'allocated' : 'freed';
  const lines = ['#', `# * Snapshot is ${state} *`, '#', '# Snapshot commands:', ...(ofCpu ? CLEARS_CPU : CLEARS_ALL)];
  return `# tracer: ${array.tracer}\n#\n${lines.join('\n')}\n`;
}

/** What `snapshot`, or one cpu's, says while it holds no records: how to use it. */
export function snapshotHelp(array: TraceArray, cpus: readonly number[], cpu?: number): string | undefined {
  return cpus.every((each) => array.maxBuffer.isEmpty(each)) ? helpText(array, cpu !== undefined) : undefined;
}

/** Says in the buffer what became of a snapshot. */
function say(array: TraceArray, cpu: Cpu, ...lines: readonly string[]): void {
  const symbol = array.tracing.machine.kallsyms.lookupName('tracing_snapshot_instance_cond') ?? 0n;
  if (array.options.trace_printk) for (const line of lines) recordPrint(array, cpu, symbol, line);
}

/**
 * Takes a snapshot in the middle of a hit. Without memory for it tracing stops, and the buffer says why
 * (`kernel/trace/trace.c:tracing_snapshot_instance_cond()`).
 */
export function takeSnapshotOfHit(array: TraceArray, cpu: Cpu): void {
  if (cpu.preemptCount & Preempt.NMI_MASK) {
    say(array, cpu, '*** SNAPSHOT CALLED FROM NMI CONTEXT ***\n', '*** snapshot is being ignored        ***\n');
  } else if (array.snapshotAllocated) {
    array.swapSnapshot(cpu);
  } else {
    say(array, cpu, '*** SNAPSHOT NOT ALLOCATED ***\n', '*** stopping trace here!   ***\n');
    array.buffer.setRecordOn(false);
  }
}

/**
 * What a write to `snapshot` does: 0 frees, 1 takes a snapshot, other numbers clear it; the file of one cpu can only clear
 * (`kernel/trace/trace.c:tracing_snapshot_write()`).
 * @param actor the cpu whose task writes
 * @param cpu that of the file, when it is one cpu's
 * @returns 0, −EBUSY while a histogram takes snapshots, −EINVAL, −ENOMEM
 */
export function writeSnapshot(array: TraceArray, value: bigint, actor: Cpu, cpu?: number): number {
  if (array.snapshotCondition) return -Errno.EBUSY;
  if (value > 1n) {
    if (array.snapshotAllocated) array.maxBuffer.reset(cpu);
    return 0;
  }
  if (cpu !== undefined) return -Errno.EINVAL;
  if (value === 0n) {
    if (array.snapshotAllocated) array.freeSnapshot();
    return 0;
  }
  return array.takeSnapshot(actor);
}
