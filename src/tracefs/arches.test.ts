import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { ARCHES, type ArchName } from '../machine/index.ts';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { Replay, unpackWorkload } from '../workload/index.ts';
import { SimulatedKernel } from './index.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const packed = profile.workloads.read('cat');
const cat = packed === undefined ? { error: 'no workload' } : unpackWorkload(packed);
if ('error' in cat) throw new Error(cat.error);

const DEFINITIONS = [
  'f:open do_sys_openat2 dfd filename:ustring',
  'f:read vfs_read%return file=file->f_path.dentry->d_name.name:string count ret=$retval',
  'f:map do_mmap file addr len prot flags',
  'f:many __*_sys_*',
  'f:slept schedule%return',
  't:sw sched_switch preempt prev next',
];

/** What `trace` says of a recorded cat(1) under the definitions. */
function traceOf(arch: ArchName): string[] {
  const kernel = SimulatedKernel.boot(profile as Exclude<typeof profile, { error: string }>, { arch });
  const { tracefs, tracing } = kernel;
  for (const definition of DEFINITIONS) expect(tracefs.append('dynamic_events', `${definition}\n`)).toBeGreaterThan(0);
  for (const { system, name } of tracing.events.dynamicEvents) tracefs.write(`events/${system}/${name}/enable`, '1\n');
  new Replay(kernel, cat as Exclude<typeof cat, { error: string }>).run();
  expect(kernel.machine.log.lines).toEqual([]);
  return (tracefs.read('trace') as string).split('\n').filter((line) => !line.startsWith('#'));
}

/** Entry sites lie elsewhere on each arch. */
const withoutOffsets = (line: string) => line.replace(/\(([\w.]+)\+0x[0-9a-f]+\//g, '($1+#/');

test.each(['arm64', 'riscv64', 'loongarch', 's390', 'powerpc64'] as const)(
  'on %s a workload is recorded as on x86_64, but for the offsets of entry sites',
  (arch) => {
    const lines = traceOf(arch);
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.map(withoutOffsets)).toEqual(traceOf('x86_64').map(withoutOffsets));
    const offset = ARCHES[arch].entryOffset.toString(16);
    expect(lines.find((line) => line.includes('map: '))).toContain(`(do_mmap+0x${offset}/0x670)`);
  },
);

test.each(['i386', 'arm'] as const)('a kernel for %s knows no fprobe events, as one built without them', (arch) => {
  const { tracefs } = SimulatedKernel.boot(profile, { arch });
  for (const definition of ['f vfs_read', 'f:a/b nosuch%return $arg1', 't sched_switch', 'f10 vfs_read']) {
    expect(tracefs.append('dynamic_events', `${definition}\n`)).toBe(-Errno.EINVAL);
  }
  expect(tracefs.append('dynamic_events', '-:fprobes/a\n')).toBe(-Errno.ENOENT);
  expect([tracefs.read('error_log'), tracefs.read('dynamic_events')]).toEqual(['', '']);
  const readme = tracefs.read('README') as string;
  expect(readme).not.toMatch(/\bf\[:|\bt\[:/);
  expect(readme).toContain('-:[<group>/][<event>]');
  expect(tracefs.read('available_filter_functions')).toContain('vfs_read\n');
});

test('README of a kernel with fprobe events has their forms', () => {
  const { tracefs } = SimulatedKernel.boot(profile, { arch: 'arm64' });
  expect(tracefs.read('README')).toMatch(
    /Format: f\[:\[<group>\/\]\[<event>\]\] <func-name>\[%return\] \[<args>\]\n\t+ {3}t\[:/,
  );
});

test('registers are refused on every arch, numbered arguments beyond them read as the arch has it', () => {
  const value = (arch: ArchName) => {
    const kernel = SimulatedKernel.boot(profile, { arch });
    const { tracefs, machine } = kernel;
    expect(tracefs.append('dynamic_events', 'f:a vfs_read %lr\n')).toBe(-Errno.EINVAL);
    expect(tracefs.append('dynamic_events', 'f:b no_types_for_this* $arg9\n')).toBe(-Errno.EINVAL);
    machine.defineFunction('twelve');
    tracefs.append('dynamic_events', 'f:twelve twelve a=$arg5:u8 b=$arg8:u8 c=$arg9:u8 d=$arg12:u8\n');
    tracefs.write('events/fprobes/twelve/enable', '1\n');
    machine.call(
      machine.cpus[0]!,
      'twelve',
      Array.from({ length: 12 }, (_, n) => BigInt(n + 1)),
    );
    return /a=\d.*/.exec(tracefs.read('trace') as string)![0];
  };
  expect(value('x86_64')).toBe('a=5 b=8 c=9 d=12');
  expect(value('s390')).toBe('a=5 b=8 c=9 d=12');
  expect(value('loongarch')).toBe('a=5 b=8 c=9 d=12');
  expect(value('arm64')).toBe('a=5 b=8 c=0 d=0');
  expect(value('riscv64')).toBe('a=5 b=8 c=0 d=0');
});
