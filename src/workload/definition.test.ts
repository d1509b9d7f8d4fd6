import { expect, test } from 'vitest';
import { parseDefinitions, parsePath } from './definition.ts';
import { isUnreachable, seenValues } from './observed-tree.ts';

const member = (path: string) => ({ kind: 'member', path });

test.each([
  ['count', { param: 'count', hops: [] }],
  ['$retval', { param: undefined, hops: [] }],
  ['file->f_path.dentry->d_name.name', { param: 'file', hops: [member('f_path.dentry'), member('d_name.name')] }],
  ['$retval->refcnt.counter', { param: undefined, hops: [member('refcnt.counter')] }],
  ['+0(pos)', { param: 'pos', hops: [{ kind: 'load', offset: 0, user: false }] }],
  ['-8(pos)', { param: 'pos', hops: [{ kind: 'load', offset: -8, user: false }] }],
  ['+u0x10(buf)', { param: 'buf', hops: [{ kind: 'load', offset: 16, user: true }] }],
  ['@jiffies', undefined],
])('path %s', (text, path) => {
  expect(parsePath(text)).toEqual(path);
});

test('definitions of functions, returns and tracepoints', () => {
  const [read, back, sw, ...rest] = parseDefinitions(`
f:fprobes/read vfs_read count=count name=file->f_path.dentry->d_name.name:string
f:fprobes/read_r vfs_read%return ret=$retval:s64
t:tracepoints/sw sched_switch prevpid=prev->pid
# no definition
`);
  expect(rest).toEqual([]);
  expect(read).toMatchObject({ event: 'read', target: 'vfs_read', kind: 'function', onReturn: false });
  expect(read.args.map(({ name, type }) => [name, type])).toEqual([
    ['count', ''],
    ['name', 'string'],
  ]);
  expect(back).toMatchObject({
    event: 'read_r',
    onReturn: true,
    args: [{ name: 'ret', type: 's64', path: { param: undefined } }],
  });
  expect(sw).toMatchObject({ event: 'sw', target: 'sched_switch', kind: 'tracepoint' });
});

test('members seen through one pointer come together', () => {
  const [definition] = parseDefinitions(
    'f:g/e vfs_open n=file->f_path.dentry->d_name.name:string i=file->f_inode->i_ino m=file->f_mode:x32',
  );
  const shown = new Map([
    ['n', { kind: 'fault' }],
    ['i', { kind: 'number', value: 0n }],
    ['m', { kind: 'number', value: 5n }],
  ] as const);
  const [value] = seenValues(definition, shown);
  expect([...value.object.members.keys()]).toEqual(['f_path.dentry', 'f_inode', 'f_mode']);
  expect(isUnreachable(value.object.members.get('f_path.dentry')!.below)).toBe(true);
  expect(isUnreachable(value.object.members.get('f_inode')!.below)).toBe(false);
});
