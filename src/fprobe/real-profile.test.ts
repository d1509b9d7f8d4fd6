import { expect, test } from 'vitest';
import { Fgraph } from '../fgraph/fgraph.ts';
import { Ftrace } from '../ftrace/ftrace.ts';
import { Tracepoints } from '../ftrace/tracepoint.ts';
import { Machine } from '../machine/machine.ts';
import { loadProfile } from '../profile/index.ts';
import { Fprobe } from './fprobe.ts';
import { FprobeCore } from './fprobe-core.ts';

/** Lines of enabled_functions for `vfs_*`, as Linux 6.16.3 orders them. */
const VFS =
  'vfs_fadvise vfs_fallocate vfs_truncate vfs_fchmod vfs_fchown vfs_open vfs_setpos vfs_llseek vfs_iocb_iter_write vfs_iocb_iter_read vfs_iter_read vfs_readv vfs_iter_write vfs_writev vfs_read vfs_write vfs_copy_file_range vfs_get_tree vfs_getattr_nosec vfs_getattr vfs_statx vfs_fstat vfs_fstatat vfs_get_link vfs_rmdir vfs_unlink vfs_mkobj vfs_symlink vfs_create vfs_mkdir vfs_mknod vfs_link vfs_rename vfs_path_parent_lookup vfs_path_lookup vfs_tmpfile vfs_readlink vfs_ioctl vfs_fileattr_get vfs_fileattr_set vfs_pressure_ratio vfs_create_mount.part.0 vfs_create_mount vfs_kern_mount.part.0 vfs_kern_mount vfs_open_tree vfs_listxattr vfs_getxattr vfs_removexattr vfs_setxattr vfs_getxattr_alloc vfs_splice_read vfs_fsync_range vfs_fsync vfs_utimes vfs_get_fsid vfs_statfs.part.0.isra.0 vfs_statfs vfs_parse_comma_sep vfs_parse_fs_param_source vfs_parse_fs_param vfs_parse_fs_string vfs_parse_monolithic_sep vfs_dup_fs_context vfs_clean_context vfs_cmd_create vfs_dedupe_file_range_one vfs_dedupe_file_range vfs_clone_file_range vfs_inode_has_locks vfs_cancel_lock vfs_test_lock vfs_setlease vfs_lock_file vfs_set_acl vfs_remove_acl vfs_get_acl vfs_dentry_acceptable vfs_cleanup_quota_inode'.split(
    ' ',
  );

function boot() {
  const profile = loadProfile();
  if ('error' in profile) throw new Error(profile.error);
  const machine = new Machine({ symbols: profile.symbols, functions: profile.functions });
  const ftrace = new Ftrace(machine);
  return {
    machine,
    ftrace,
    fprobes: new FprobeCore(machine, new Fgraph(machine, ftrace)),
    tracepoints: new Tracepoints(machine),
  };
}

const TRAMP =
  '\ttramp: 0xffffffffc0201000 (ftrace_graph_func+0x0/0x60) ->ftrace_graph_func+0x0/0x60\tsubops: {ent:fprobe_entry+0x0/0x2a0 ret:fprobe_return+0x0/0x160}';

test('enabled_functions of vfs_* is what Linux prints', () => {
  const { ftrace, fprobes } = boot();
  const fp = new Fprobe({ entryHandler: () => 0 });
  expect(fprobes.registerFprobe(fp, 'vfs_*')).toBe(0);
  expect(ftrace.enabledFunctions()).toBe(VFS.map((name) => `${name} (1)           ${TRAMP}\n`).join(''));
});

test('* is every function; afterwards none is patched', () => {
  const { machine, ftrace, fprobes } = boot();
  const fp = new Fprobe({ entryHandler: () => 0 });
  expect(fprobes.registerFprobe(fp, '*')).toBe(0);
  expect(machine.functions.count).toBe(41_201);
  expect(ftrace.sites.subarray(0, 41_201).every((site) => site !== 0)).toBe(true);
  expect(new Set(fp.nodes?.map((node) => node.fn)).size).toBe(41_201);
  fprobes.unregisterFprobe(fp);
  expect(ftrace.sites.every((site) => site === 0)).toBe(true);
  expect(Array.from({ length: 256 }, (_, bucket) => fprobes.ipTable.bucket(bucket)).flat()).toEqual([]);
});

test('a system call with three names is hit three times, once by one name', () => {
  const { machine, fprobes } = boot();
  let hits = 0;
  const fp = new Fprobe({
    entryHandler: () => {
      hits++;
      return 0;
    },
  });
  fprobes.registerFprobe(fp, '__*_sys_getppid');
  expect(fp.nodes).toHaveLength(3);
  const [fn] = fp.nodes?.map((node) => node.fn) ?? [];
  machine.call(machine.cpus[0], fn);
  expect(hits).toBe(3);
  fprobes.unregisterFprobe(fp);
  fprobes.registerFprobeSyms(fp, ['__x64_sys_getppid']);
  machine.call(machine.cpus[0], fn);
  expect(hits).toBe(4);
});

test.each([
  ['vfs_read', 4n],
  ['vfs_statx', 0n],
])('%s is entered %i bytes behind its symbol', (name, offset) => {
  const { machine } = boot();
  const [fn] = machine.functions.idsByName(name);
  expect(machine.functions.entryIp(fn) - machine.functions.symbolAddress(fn)).toBe(offset);
});

test('tracepoints of the kernel have stubs that can be probed', () => {
  const { tracepoints, machine } = boot();
  const tracepoint = tracepoints.find('sched_process_fork');
  expect(machine.functions.name(tracepoint?.stubFn ?? -1)).toBe('__probestub_sched_process_fork');
  expect(tracepoints.find('no_such_tracepoint')).toBeUndefined();
});
