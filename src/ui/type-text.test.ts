import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { typeText } from './type-text.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const { btf } = profile;

const member = (struct: string, name: string) =>
  typeText(btf, btf.findMember(btf.findByName(struct, 'struct')!, name)!.member.type);

test.each([
  ['file', 'f_inode', 'struct inode *'],
  ['file', 'f_mode', 'fmode_t'],
  ['file', 'f_path', 'struct path'],
  ['file', 'f_op', 'const struct file_operations *'],
  ['task_struct', 'comm', 'char[16]'],
  ['task_struct', 'cpus_ptr', 'const cpumask_t *'],
  ['file_operations', 'read', 'ssize_t (*)(…)'],
  ['kernel_clone_args', 'set_tid', 'pid_t *'],
  ['pci_dev', 'resource', 'struct resource[17]'],
  ['linux_binprm', 'argc', 'int'],
  ['ctl_table', 'procname', 'const char *'],
])('%s.%s is %s', (struct, name, text) => {
  expect(member(struct, name)).toBe(text);
});

test('void, and what is no type', () => {
  expect(typeText(btf, 0)).toBe('void');
  expect(typeText(btf, 10_000_000)).toBe('?');
});

test('every parameter has a text', () => {
  for (const name of ['vfs_read', 'qsort', 'sort', 'bsearch', 'call_usermodehelper_setup', 'kernel_clone']) {
    for (const { type } of btf.funcProto(name)?.params ?? [])
      expect(typeText(btf, type)).not.toMatch(/\?|^$|undefined/);
  }
});
