import { expect, test } from 'vitest';
import { type ErrnoName, errnoName } from '../abi/errno.ts';
import { type ProbeErrorCode, ProbeErrorText } from '../abi/probe-errors.ts';
import { TestKernel } from './test-kernel.ts';

const kernel = new TestKernel();

/** Runs a definition on an empty list of events: errno, and what was logged. */
function refuse(command: string): { errno: string | undefined; log: string } {
  kernel.clearErrorLog();
  const ret = kernel.append(command);
  kernel.dynamicEvents.releaseAll();
  return { errno: ret < 0 ? errnoName(ret) : undefined, log: kernel.errorLog.replace(/^\[[^\]]*\] /gm, '') };
}

/** What `error_log` holds for one error; the caret is where `^` stands in `marked`. */
function entry(marked: string, code: ProbeErrorCode): string {
  const caret = marked.indexOf('^');
  const command = marked.slice(0, caret) + marked.slice(caret + 1);
  return `trace_fprobe: error: ${ProbeErrorText[code]}\n  Command: ${command.trimEnd()}\n${' '.repeat(11 + caret)}^\n`;
}

type Case = readonly [marked: string, code: ProbeErrorCode, errno?: ErrnoName];
const long = (length: number) => 'x'.repeat(length);

const HEADS: readonly Case[] = [
  ['f^10 vfs_read%return', 'BAD_MAXACT'],
  ['f^x:ev vfs_read', 'BAD_MAXACT'],
  ['t^5 sched_switch', 'BAD_MAXACT'],
  ['f:^ vfs_read', 'NO_EVENT_NAME'],
  ['f:^/ev vfs_read', 'NO_GROUP_NAME'],
  ['f:^.ev vfs_read', 'NO_GROUP_NAME'],
  ['f:^1g/ev vfs_read', 'BAD_GROUP_NAME'],
  [`f:^${long(64)}/ev vfs_read`, 'GROUP_TOO_LONG'],
  ['f:g/^1e vfs_read', 'BAD_EVENT_NAME'],
  ['f:g.^a.b vfs_read', 'BAD_EVENT_NAME'],
  ['f:^a-b vfs_read', 'BAD_EVENT_NAME'],
  [`f:g/^${long(64)} vfs_read`, 'EVENT_TOO_LONG'],
  ['^f:sched/sched_switch vfs_read', 'EVENT_EXIST'],
  ['f:a vfs_read^%ret', 'BAD_ADDR_SUFFIX'],
  ['f:a vfs_read^%return%return', 'BAD_ADDR_SUFFIX'],
  ['f:a ^no_such_function', 'BAD_PROBE_ADDR'],
  ['f:a ^vfs_read+4', 'BAD_PROBE_ADDR'],
  ['f:a ^jiffies', 'BAD_PROBE_ADDR'],
  ['f:a ^%return', 'BAD_PROBE_ADDR'],
  ['f:a ^no_such_*', 'BAD_PROBE_ADDR'],
  ['t:a sched_switch^%return', 'BAD_ADDR_SUFFIX'],
  ['t:a sched^/sched_switch', 'BAD_TP_NAME'],
  ['t:a sched_switch x ^$retval', 'RETVAL_ON_PROBE'],
  ['t:a sched_switch x=+0(^$retval)', 'RETVAL_ON_PROBE'],
  ['t:a ^cpu_frequency', 'BAD_PROBE_ADDR'],
];

const NAMES: readonly Case[] = [
  ['f vfs_read ^=count', 'NO_ARG_NAME'],
  ['f vfs_read ^1a=count', 'BAD_ARG_NAME'],
  ['f vfs_read ^a.b=count', 'BAD_ARG_NAME'],
  [`f vfs_read ^${long(33)}=count`, 'ARG_NAME_TOO_LONG'],
  ['f vfs_read a=count ^a=file', 'USED_ARG_NAME'],
  ['f vfs_read count ^count', 'USED_ARG_NAME'],
  ['f vfs_read ^common_pid=count', 'USED_ARG_NAME'],
  ['f vfs_read ^__probe_ip=count', 'USED_ARG_NAME'],
  ['f vfs_read a=^', 'NO_ARG_BODY'],
  [`f vfs_read a=^+0(${long(60)})`, 'ARG_TOO_LONG', 'E2BIG'],
];

const TYPES: readonly Case[] = [
  ['f vfs_read a=count:^int', 'BAD_TYPE'],
  ['f vfs_read a=count:^', 'BAD_TYPE'],
  ['f vfs_read a=count:^b4@0', 'BAD_TYPE'],
  ['f vfs_read a=count:^b4@0/12', 'BAD_TYPE'],
  ['f vfs_read a=count:^b0@0/32', 'BAD_BITFIELD'],
  ['f vfs_read a=count:^b4@/32', 'BAD_BITFIELD'],
  ['f vfs_read a=count:^b33@0/32', 'BAD_BITFIELD'],
  ['f vfs_read a=count:u8[4^', 'ARRAY_NO_CLOSE'],
  ['f vfs_read a=count:u8[4]^x', 'BAD_ARRAY_SUFFIX'],
  ['f vfs_read a=count:u8[^0]', 'BAD_ARRAY_NUM'],
  ['f vfs_read a=count:u8[^x]', 'BAD_ARRAY_NUM'],
  ['f vfs_read a=count:u8[^65]', 'ARRAY_TOO_BIG'],
  ['f vfs_read a=count:^u8[4]', 'BAD_STRING'],
  ['f do_filp_open a=^dfd:string', 'BAD_TYPE4STR'],
  ['f vfs_read a=$stack:^string', 'BAD_STRING'],
  ['f vfs_read a=\\1:^symstr', 'BAD_SYMSTRING'],
  ['f vfs_read%return a=$arg1:^symstr', 'BAD_SYMSTRING'],
  ['f vfs_read a=$comm:^u8', 'NEED_STRING_TYPE'],
  ['f vfs_read a=\\"x":^string[2]', 'NEED_STRING_TYPE'],
];

const EXPRESSIONS: readonly Case[] = [
  ['f vfs_read a=^$none', 'BAD_VAR'],
  ['f vfs_read a=^$stack0x1', 'BAD_VAR'],
  ['f vfs_read a=^$stack2049', 'BAD_STACK_NUM'],
  ['f vfs_read a=^$arg0', 'BAD_ARG_NUM'],
  ['f vfs_read a=^$arg2049', 'BAD_ARG_NUM'],
  ['f vfs_read a=^$retvalx', 'RETVAL_ON_PROBE'],
  ['f kfree%return a=^$retval', 'NO_RETVAL', 'ENOENT'],
  ['f vfs_read a=^@12x', 'BAD_MEM_ADDR'],
  ['f vfs_read a=^@+10', 'FILE_ON_KPROBE'],
  ['f vfs_read a=\\^x', 'BAD_IMM'],
  ['f vfs_read a=\\^18446744073709551616', 'BAD_IMM', 'ERANGE'],
  ['f vfs_read a=\\"x^', 'IMMSTR_NO_CLOSE'],
  ['f vfs_read a=^+8', 'DEREF_NEED_BRACE'],
  ['f vfs_read a=^+x(file)', 'BAD_DEREF_OFFS'],
  ['f vfs_read a=+0(^-9223372036854775809(file))', 'BAD_DEREF_OFFS', 'ERANGE'],
  ['f vfs_read a=+8(file^', 'DEREF_OPEN_BRACE'],
  ['f vfs_read a=+8(^$comm)', 'COMM_CANT_DEREF'],
  ['f vfs_read a=+8(^*)', 'BAD_FETCH_ARG'],
  ['f vfs_read a=+8(^)', 'BAD_FETCH_ARG'],
  // The kernel does not count the `u`.
  ['f vfs_read a=+u8^(*)', 'BAD_FETCH_ARG'],
  ['f vfs_read a=+0(^+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(@1))))))))))))))', 'TOO_MANY_OPS'],
];

const TYPED: readonly Case[] = [
  ['f vfs_read ^nosuch', 'NO_BTFARG', 'ENOENT'],
  ['f asm_exc_page_fault ^regs', 'NO_BTF_ENTRY', 'ENOENT'],
  ['f vfs_* ^file', 'NO_BTF_ENTRY', 'ENOENT'],
  ['f vfs_read file->^nosuch', 'NO_BTF_FIELD', 'ENOENT'],
  ['f vfs_read file->^', 'NO_BTF_FIELD', 'ENOENT'],
  ['f vfs_read file->f_path.^nosuch', 'NO_BTF_FIELD', 'ENOENT'],
  ['f vfs_read file->f_path.dentry->^nosuch.x', 'NO_BTF_FIELD', 'ENOENT'],
  ['f vfs_read count->^x', 'NO_PTR_STRCT'],
  ['f vfs_read buf->^x', 'BAD_BTF_TID'],
  ['f vfs_read file.^f_mode', 'NOSUP_DAT_ARG', 'EOPNOTSUPP'],
  ['f vfs_read file^-f_mode', 'BAD_HYPHEN'],
  ['f vfs_read file->f_path^-x', 'BAD_HYPHEN'],
  ['f vfs_read%return $retval->^x', 'NO_PTR_STRCT'],
  ['f asm_exc_page_fault%return $retval->^x', 'NO_BTF_ENTRY', 'ENOENT'],
  ['t sched_switch prev->^nofield', 'NO_BTF_FIELD', 'ENOENT'],
  ['f vfs_read ^$arg5', 'NO_BTFARG', 'ENOENT'],
  ['f vfs_read ^$arg0', 'NO_BTF_ENTRY', 'ENOENT'],
  ['t sched_switch ^$arg0', 'NO_BTFARG', 'ENOENT'],
  ['f vfs_read ^$arg1x', 'BAD_VAR', 'ENOENT'],
  ['f vfs_read ^$argx', 'BAD_VAR'],
  ['f vfs_read a=^$arg*', 'BAD_VAR'],
  ['f vfs_read $arg* ^$arg*', 'DOUBLE_ARGS'],
  ['f vfs_read $arg* file->nosuch ^', 'NO_BTF_FIELD', 'ENOENT'],
  ['f vfs_read a=+0x0(+0x28(+0x48(^nosuch))):string', 'NO_BTFARG', 'ENOENT'],
];

const cases = [...HEADS, ...NAMES, ...TYPES, ...EXPRESSIONS, ...TYPED].map(([marked, code, errno = 'EINVAL']) => ({
  marked,
  code,
  errno,
}));

test.each(cases)('$marked is refused: $code', ({ marked, code, errno }) => {
  expect(refuse(marked.replace('^', ''))).toEqual({ errno, log: entry(marked, code) });
});

test.each([
  // A register is logged, and then that nothing is fetched.
  ['f:a vfs_read ^%ax', ['BAD_VAR', 'BAD_FETCH_ARG']],
  ['f:a vfs_read +0(^%ax)', ['BAD_VAR', 'BAD_FETCH_ARG']],
  // Without types `$arg*` is logged, at the last `$arg…`, and then parsed as an argument.
  ['f:a asm_exc_page_fault ^$arg*', ['NOSUP_BTFARG', 'BAD_VAR']],
] as const)('%s logs %j', (marked, codes) => {
  const { errno, log } = refuse(marked.replace('^', ''));
  expect(errno).toBe('EINVAL');
  expect(log).toBe(codes.map((code) => entry(marked, code)).join(''));
});

test('what is rewritten in place is echoed as rewritten, and what was logged before is not', () => {
  const { log } = refuse('f:a asm_exc_page_fault $arg* x:%pd');
  expect(log).toBe(
    entry('f:a asm_exc_page_fault ^$arg* x:%pd', 'NOSUP_BTFARG') +
      entry('f:a asm_exc_page_fault ^$arg* +0x0(+0x28(x)):string', 'BAD_VAR'),
  );
});

test('an error behind the last word of the command has its caret behind the command', () => {
  const { log } = refuse('f:a vfs_read $arg* nosuch');
  expect(log.split('\n')[2]).toBe(`${' '.repeat('  Command: f:a vfs_read $arg* nosuch '.length)}^`);
});

const numbered = (count: number, make: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join(' ');

test.each([
  [`f:a vfs_read ^${numbered(129, (i) => `a${i}=\\1`)}`, 'TOO_MANY_ARGS'],
  [`f:a vfs_read%return ^${numbered(16, (i) => `a${i}=$arg${i + 1}`)}`, 'TOO_MANY_EARGS'],
] as const)('too many: %s', (marked, code) => {
  expect(refuse(marked.replace('^', ''))).toEqual({ errno: 'E2BIG', log: entry(marked, code) });
});

test('names from $arg* and rewritten dentries have limits of their own', () => {
  const long = refuse(`f:a vfs_read ${numbered(33, () => '$arg1')}`);
  expect(long.errno).toBe('E2BIG');
  expect(long.log).toContain('$arg* failed because the argument list is too long');
  expect(refuse(`f:a vfs_read ${numbered(7, (i) => `a${i}=file:%pD`)}`)).toEqual({ errno: undefined, log: '' });
  expect(refuse(`f:a vfs_read ${numbered(8, (i) => `a${i}=file:%pD`)}`)).toEqual({ errno: 'ENOMEM', log: '' });
});

/** Line of `dynamic_events` that a definition makes. */
function shown(command: string): string {
  expect(kernel.append(command)).toBe(command.length);
  const text = kernel.dynamicEvents.show();
  kernel.dynamicEvents.releaseAll();
  return text.trimEnd();
}

test.each([
  ['f vfs_read', 'f:fprobes/vfs_read__entry vfs_read'],
  ['f vfs_read%return', 'f:fprobes/vfs_read__exit vfs_read%return'],
  ['f vfs_read $retval', 'f:fprobes/vfs_read__exit vfs_read%return arg1=$retval'],
  ['f:g. vfs_read', 'f:g/vfs_read__entry vfs_read'],
  ['f:a-b/ev vfs_read', 'f:a-b/ev vfs_read'],
  ['f vfs_create_mount.part.0', 'f:fprobes/vfs_create_mount_part_0__entry vfs_create_mount.part.0'],
  ['f vfs_?ead', 'f:fprobes/vfs_?ead__entry vfs_?ead'],
  ['t sched_switch', 't:tracepoints/sched_switch sched_switch'],
  ['t 1st', 't:tracepoints/_1st 1st'],
  ['t:x no_such_tracepoint a=\\1', 't:tracepoints/x no_such_tracepoint a=\\1'],
  ['t:x vfs_read count', 't:tracepoints/x vfs_read count=count'],
  ['f:a vfs_read $arg*', 'f:fprobes/a vfs_read file=file buf=buf count=count pos=pos'],
  ['f:a vfs_read $arg1:x8 x=$arg2', 'f:fprobes/a vfs_read file=file:x8 x=$arg2'],
  ['f:a vfs_* $arg1', 'f:fprobes/a vfs_* arg1=$arg1'],
  ['f:a vfs_read x=file:%pD', 'f:fprobes/a vfs_read x=+0x0(+0x28(+0x48(file))):string'],
  ['f:a vfs_read a=+0(file)rest:u8', 'f:fprobes/a vfs_read a=+0(file)rest:u8'],
  // Eight is the id of a type that is a char: the kernel takes a size for an id.
  ['f:a vfs_read count:string', 'f:fprobes/a vfs_read count=count:string'],
])('%s shows as %s', (command, line) => {
  expect(shown(command)).toBe(line);
});
