import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/simulated-kernel.ts';
import { Replay } from './replay.ts';
import { unpackWorkload } from './unpack.ts';
import type { Workload } from './workload.ts';

const loaded = loadProfile();
if (isProfileError(loaded)) throw new Error(loaded.error);
const profile = loaded;

/** What one definition shows of a workload, without the place. */
function shown(definition: string, workload = 'cat', cpus = 1): string[] {
  const kernel = SimulatedKernel.boot(profile, { cpus });
  expect(kernel.tracefs.write('dynamic_events', `${definition}\n`)).toBeGreaterThan(0);
  for (const system of ['fprobes', 'tracepoints']) kernel.tracefs.write(`events/${system}/enable`, '1\n');
  new Replay(kernel, unpackWorkload(profile.workloads.read(workload)!) as Workload).run();
  const trace = kernel.tracefs.read('trace') as string;
  return trace
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/^.*: \([^)]*\) ?/, ''));
}

test.each([
  [
    'the parts of a path',
    'f:e __d_lookup_rcu%return dir=parent->d_name.name:string len=name->len name=$retval->d_name.name:string',
    ['dir="/" len=3 name="usr"', 'dir="usr" len=3 name="bin"', 'dir="bin" len=3 name="cat"'],
  ],
  [
    'the file system of a file',
    'f:e security_file_open name=file->f_path.dentry->d_name.name:string type=file->f_inode->i_sb->s_type->name:string magic=file->f_inode->i_sb->s_magic:x32 host=file->f_mapping->host->i_mapping->nrpages',
    ['name="cat" type="rootfs" magic=0x1021994 host=0'],
  ],
  [
    'a chain of directories',
    'f:e security_file_open a=file->f_path.dentry->d_parent->d_name.name:string b=file->f_path.dentry->d_parent->d_parent->d_name.name:string',
    ['a="bin" b="usr"'],
  ],
  [
    'a path that no definition recorded',
    'f:e do_faccessat name=filename:ustring mode=mode',
    ['name="/etc/ld.so.preload" mode=4'],
  ],
  ['arguments on the stack', 'f:e do_mmap pgoff=pgoff seventh=$arg7:u64', ['pgoff=0 seventh=0', 'pgoff=2 seventh=2']],
  [
    'registers of a system call',
    'f:e __x64_sys_openat dfd=regs->di:s32 flags=regs->dx:x32 nr=regs->orig_ax',
    ['dfd=-100 flags=0x80000 nr=257'],
  ],
  [
    'the same at the tracepoint before it',
    't:e sys_enter nr=id file=regs->di:x64',
    ['nr=33 file=0xb', 'nr=3 file=0xb', 'nr=59 file=0x556ae8877870'],
  ],
  ['a task and its parent', 'f:e do_exit comm=$comm', ['comm="cat"']],
  ['what the caches are called', 'f:e kmem_cache_free cache=s->name:string', ['cache="lsm_file_cache"']],
])('%s', (_, definition, first) => {
  expect(shown(definition).slice(0, first.length)).toEqual(first);
});

test.each([
  [['f:e ksys_read%return'], ['do_syscall_64+0x84/0x2c0 <- ksys_read']],
  [
    ['f:e ksys_read%return', 'f:o __x64_sys_read%return'],
    ['return_to_handler+0x0/0x50 <- ksys_read', 'do_syscall_64+0x84/0x2c0 <- __x64_sys_read'],
  ],
])('a function that was jumped to returns as on the real kernel: %j', (definitions, places) => {
  const kernel = SimulatedKernel.boot(profile);
  for (const definition of definitions) kernel.tracefs.write('dynamic_events', `${definition}\n`, { append: true });
  kernel.tracefs.write('events/fprobes/enable', '1\n');
  new Replay(kernel, unpackWorkload(profile.workloads.read('cat')!) as Workload).run();
  const found = [...(kernel.tracefs.read('trace') as string).matchAll(/\((\S+ <- \S+)\)/g)].map((m) => m[1]);
  expect(found.slice(0, places.length)).toEqual(places);
});

test('children know their parents, and pids are those of the tasks', () => {
  expect(
    shown(
      'f:e wake_up_new_task comm=p->comm:string pid=p->pid parent=p->real_parent->comm:string ppid=p->real_parent->pid',
      'sh-fork',
    ),
  ).toEqual([
    'comm="dash" pid=159 parent="dash" ppid=158',
    'comm="dash" pid=160 parent="dash" ppid=158',
    'comm="dash" pid=161 parent="dash" ppid=158',
  ]);
});

test.each([1, 2, 4])('on %i cpus the same calls are made', (cpus) => {
  expect(shown('f:e vfs_read%return n=$retval', 'sh-fork', cpus)).toEqual(
    shown('f:e vfs_read%return n=$retval', 'sh-fork'),
  );
});

test.each([
  ['sh-fork', ['sh 158 ← sh', 'dash 159 ← sh', 'dash 160 ← sh', 'dash 161 ← sh']],
  ['mkdir-rm', ['sh 184 ← sh', 'dash 185 ← sh, in its memory', 'dash 186 ← sh, in its memory']],
])('the tasks of %s before they are renamed', (name, expected) => {
  const { tasks } = unpackWorkload(profile.workloads.read(name)!) as Workload;
  const programs = tasks.filter(({ kind }) => kind === 'program');
  expect(
    programs.map(
      ({ comm, pid, parent, sharesMemory }) =>
        `${comm} ${pid} ← ${tasks[parent].comm}${sharesMemory ? ', in its memory' : ''}`,
    ),
  ).toEqual(expected);
  expect(programs.every(({ leader }, i) => leader === i)).toBe(true);
});
