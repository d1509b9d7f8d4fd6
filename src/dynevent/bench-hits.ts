import type { KernelProfile } from '../profile/index.ts';
import { TestKernel } from './test-kernel.ts';

/** Calls before anything is measured. */
const WARM_UP = 100_000;
/** Calls of one measurement: few, so that some are not interrupted on a busy machine. */
const CALLS = 1000;
/** Measurements, of which the best counts. */
const ROUNDS = 300;
/** Bytes of the trace buffer. */
const BUFFER_BYTES = 1 << 20;
const RETURN_LO = 0x81001234;
const RETURN_HI = 0xffffffff;

/** Events that are recorded for each call of vfs_read. */
const EVENTS: readonly (readonly [name: string, definitions: readonly string[]])[] = [
  ['entry event, two arguments', ['f:in vfs_read file count']],
  ['return event, two arguments', ['f:out vfs_read%return count ret=$retval']],
  [
    'entry and return event, two arguments each',
    ['f:in vfs_read file count', 'f:out vfs_read%return count ret=$retval'],
  ],
  ['entry event, a name found through three pointers', ['f:in vfs_read name=file->f_path.dentry->d_name.name:string']],
];

/** Measures calls of a probed function whose events are fetched and recorded in the ring buffer. `now` gives milliseconds, the values are nanoseconds of a call and return. */
export function benchHits(profile: KernelProfile, now: () => number): { name: string; value: number }[] {
  return EVENTS.map(([name, definitions]) => {
    const kernel = new TestKernel(profile);
    const { machine, tracing } = kernel;
    const cpu = machine.cpus[0];
    machine.switchTo(cpu, machine.createTask({ comm: 'bench' }));
    for (const definition of definitions) {
      if (kernel.append(definition) < 0) throw new Error(`${definition}: ${kernel.errorLog}`);
    }
    tracing.top.resize(BUFFER_BYTES);
    for (const call of tracing.events.dynamicEvents) tracing.top.eventFileOf(call).setEnabled(true);
    const [fn] = machine.functions.idsByName('vfs_read');
    const run = (calls: number) => {
      for (let i = 0; i < calls; i++) {
        machine.enterFunction(cpu, fn!, RETURN_LO, RETURN_HI);
        machine.leaveFunction(cpu);
      }
    };
    run(WARM_UP);
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const start = now();
      run(CALLS);
      best = Math.min(best, ((now() - start) * 1e6) / CALLS);
    }
    return { name, value: best };
  });
}
