import type { ProbeErrorCode } from '../abi/probe-errors.ts';

/** What is to be known of a reason for refusing a definition. */
interface ErrorGuide {
  /** The rule that was broken. */
  readonly means: string;
  /** What to write instead, or to do. */
  readonly instead: string;
  /** Definitions, one after the other, the last of which is refused for it; `undefined` when none of f and t is. */
  readonly example?: readonly string[];
  /** Who logs it, where that is not f or t. */
  readonly of?: string;
}

/** One byte more than names and arguments may have. */
const TOO_LONG = 'x'.repeat(64);
const numbered = (n: number, one: (i: number) => string) => Array.from({ length: n }, (_, i) => one(i)).join(' ');

const NAMES = {
  NO_GROUP_NAME: {
    means: 'A slash (or, without one, a dot) ends the group, and nothing stands before it.',
    instead: 'f:GROUP/EVENT, or f:EVENT for the group fprobes.',
    example: ['f:/ev vfs_read'],
  },
  GROUP_TOO_LONG: {
    means: 'A group has at most 63 bytes.',
    instead: 'A shorter group.',
    example: [`f:${TOO_LONG}/ev vfs_read`],
  },
  BAD_GROUP_NAME: {
    means: 'A group is made of letters, digits, underscores and hyphens, and does not start with a digit.',
    instead: 'Underscores in the place of other characters.',
    example: ['f:my.grp/ev vfs_read'],
  },
  NO_EVENT_NAME: {
    means: 'Nothing stands behind the colon.',
    instead: 'f:EVENT, or f alone for a name made of the function.',
    example: ['f: vfs_read'],
  },
  EVENT_TOO_LONG: {
    means: 'An event name has at most 63 bytes.',
    instead: 'A shorter name.',
    example: [`f:${TOO_LONG} vfs_read`],
  },
  BAD_EVENT_NAME: {
    means: 'An event name is a C identifier: letters, digits and underscores, no digit first.',
    instead: 'Underscores in the place of other characters.',
    example: ['f:my-ev vfs_read'],
  },
  EVENT_EXIST: {
    means: 'Another kind of event has this group and name: a static one, or one that other commands made.',
    instead: 'Another name, or another group: f:GROUP/EVENT.',
    example: ['f:sched/sched_switch vfs_read'],
  },
  SAME_PROBE: {
    means: 'The event has a probe on the same function with the same arguments already.',
    instead: "Nothing: it is there. Or take it away first: '-:GROUP/EVENT'.",
    example: ['f:ev vfs_read', 'f:ev vfs_read'],
  },
  DIFF_PROBE_TYPE: {
    means: 'Probes that share an event are all at the entry, all at the return, or all on tracepoints.',
    instead: 'A name of its own for the other one.',
    example: ['f:ev vfs_read', 'f:ev vfs_write%return'],
  },
  DIFF_ARG_TYPE: {
    means:
      'Probes that share an event have one record layout: the same number of arguments, with the same names and types in the same order.',
    instead: 'The same arguments, or a name of its own.',
    example: ['f:ev vfs_read n=count', 'f:ev vfs_write n=count:u8'],
  },
  ARG_NAME_TOO_LONG: {
    means: 'The name of an argument has at most 32 bytes.',
    instead: 'A shorter name before the equals sign.',
    example: [`f vfs_read ${'a'.repeat(33)}=count`],
  },
  NO_ARG_NAME: {
    means: 'The equals sign stands first.',
    instead: 'NAME=WHAT, or WHAT alone.',
    example: ['f vfs_read =count'],
  },
  BAD_ARG_NAME: {
    means: 'The name of an argument is a C identifier.',
    instead: 'Letters, digits and underscores before the equals sign, no digit first.',
    example: ['f vfs_read a-b=count'],
  },
  USED_ARG_NAME: {
    means:
      'Another argument of the event has that name, or records have a field of that name themselves (common_pid, __probe_ip, ...).',
    instead: 'Another name: NAME=WHAT.',
    example: ['f vfs_read a=count a=pos'],
  },
} as const satisfies Partial<Record<ProbeErrorCode, ErrorGuide>>;

const PLACES = {
  BAD_MAXACT: {
    means:
      'Behind the f stands something other than a colon. Numbers there once sized a pool of return instances; since v6.14 returns are kept on a shadow stack of each task.',
    instead: 'Leave the number out.',
    example: ['f10 vfs_read%return'],
  },
  BAD_PROBE_ADDR: {
    means:
      'No function of that name can be traced: there is none, it was inlined, it is marked notrace, or the word is an address or has an offset.',
    instead: 'A name of available_filter_functions.',
    example: ['f vfs_raed'],
  },
  BAD_ADDR_SUFFIX: {
    means: 'The only thing that may stand behind the function is %return.',
    instead: 'SYMBOL%return, or SYMBOL alone.',
    example: ['f vfs_read%exit'],
  },
  BAD_TP_NAME: {
    means: 'A tracepoint is a plain name.',
    instead: 'The name alone, without its system: t sched_switch.',
    example: ['t sched/sched_switch'],
  },
  FAIL_REG_PROBE: {
    means: 'The definition was fine, but putting the probe in place failed.',
    instead: 'Look at what the arguments name: an @SYMBOL with an offset that is no number, for one.',
    example: ['f vfs_read @jiffies+x'],
  },
  TOO_MANY_ARGS: {
    means: 'An event has at most 128 arguments.',
    instead: 'Several events on the same function.',
    example: [`f vfs_read ${numbered(129, (i) => `a${i}=count`)}`],
  },
  TOO_MANY_EARGS: {
    means: 'A return probe keeps arguments from the entry, 15 words at most.',
    instead: 'Fewer different arguments at the return, or a probe at the entry for the others.',
    example: [`f vfs_read%return ${numbered(16, (i) => `a${i}=+0($arg${i + 1})`)}`],
  },
} as const satisfies Partial<Record<ProbeErrorCode, ErrorGuide>>;

const VALUES = {
  RETVAL_ON_PROBE: {
    means: 'A tracepoint returns nothing.',
    instead: 'Its arguments by name, or $arg1, $arg2, ...',
    example: ['t sched_switch $retval'],
  },
  NO_RETVAL: {
    means: 'The types say that the function returns void.',
    instead: 'Leave $retval out; %return alone tells when it returns.',
    example: ['f kfree%return $retval'],
  },
  BAD_STACK_NUM: {
    means: 'A kernel stack has no word of that number: 2048 is the last.',
    instead: 'A smaller $stackN.',
    example: ['f vfs_read $stack9999'],
  },
  BAD_ARG_NUM: {
    means: 'Arguments are counted from 1.',
    instead: '$arg1 for the first one.',
    example: ['f vfs_read +0($arg0)'],
  },
  BAD_VAR: {
    means: 'There is no such variable. Registers (%di) are for kprobes.',
    instead: '$arg1 $arg2 ... $arg* $retval $stack $stack0 $stack1 ... $comm, or the names of its arguments.',
    example: ['f vfs_read $foo'],
  },
  BAD_MEM_ADDR: {
    means: 'Behind @ stands a number that cannot be read.',
    instead: '@0xffffffff81000000, @SYMBOL or @SYMBOL+8.',
    example: ['f vfs_read @0xzz'],
  },
  FILE_ON_KPROBE: {
    means: '@+OFFSET is a place in a program, which only uprobes know.',
    instead: '@SYMBOL or @0xADDRESS.',
    example: ['f vfs_read @+8'],
  },
  BAD_IMM: {
    means: 'Behind the backslash stands no number.',
    instead: '\\1, \\-1, \\0xff, or \\"text".',
    example: ['f vfs_read \\x'],
  },
  IMMSTR_NO_CLOSE: {
    means: 'A string behind \\" does not end with a quote. Words are split at spaces first: a string cannot hold any.',
    instead: '\\"text" without spaces.',
    example: ['f vfs_read a=\\"text'],
  },
  TOO_MANY_OPS: {
    means: 'A fetch has room for 15 steps.',
    instead: 'A shorter path; or a pointer that is fetched deeper in, by another function.',
    example: [`f vfs_read a=${'+0('.repeat(15)}buf${')'.repeat(15)}`],
  },
  DEREF_NEED_BRACE: {
    means: 'An offset is added to something in brackets.',
    instead: '+8(ARG), -8(ARG), +u8(ARG) for user memory.',
    example: ['f vfs_read +8'],
  },
  BAD_DEREF_OFFS: {
    means: 'Between the sign and the bracket stands no number.',
    instead: '+8(ARG), +0x10(ARG); where the types know the field, ARG->FIELD needs no number at all.',
    example: ['f vfs_read +f_inode(file)'],
  },
  DEREF_OPEN_BRACE: {
    means: 'The bracket behind the offset is not closed.',
    instead: 'A closing bracket for each opening one.',
    example: ['f vfs_read +8(file'],
  },
  COMM_CANT_DEREF: {
    means: '$comm and immediate strings have no address to add to.',
    instead: '$comm alone.',
    example: ['f vfs_read +0($comm)'],
  },
  BAD_FETCH_ARG: {
    means: 'An argument starts with a name, $, @, +, -, or a backslash.',
    instead: 'One of those. Registers (%di) are for kprobes.',
    example: ['f vfs_read !x'],
  },
  NO_ARG_BODY: {
    means: 'Behind the equals sign stands nothing.',
    instead: 'NAME=WHAT.',
    example: ['f vfs_read a='],
  },
  ARG_TOO_LONG: {
    means: 'An argument, without its name, has at most 63 bytes.',
    instead: 'A shorter path.',
    example: [`f vfs_read a=${TOO_LONG}`],
  },
  DOUBLE_ARGS: {
    means: '$arg* stands for all arguments.',
    instead: 'Write it once.',
    example: ['f vfs_read $arg* $arg*'],
  },
  ARGS_2LONG: {
    means: 'The names that $arg* and $argN stand for take more than 128 bytes together.',
    instead: 'Fewer of them.',
    example: [`f vfs_read ${numbered(22, () => '$arg3')}`],
  },
} as const satisfies Partial<Record<ProbeErrorCode, ErrorGuide>>;

const TYPES = {
  ARRAY_NO_CLOSE: {
    means: 'The bracket of an array is not closed.',
    instead: 'TYPE[4]',
    example: ['f vfs_read +0(file):u8[4'],
  },
  BAD_ARRAY_SUFFIX: {
    means: 'Behind the bracket of an array stands something.',
    instead: 'TYPE[4] and nothing more.',
    example: ['f vfs_read +0(file):u8[4]x'],
  },
  BAD_ARRAY_NUM: {
    means: 'An array has a number of elements, 1 at least.',
    instead: 'TYPE[1] to TYPE[64].',
    example: ['f vfs_read +0(file):u8[0]'],
  },
  ARRAY_TOO_BIG: {
    means: 'An array has at most 64 elements.',
    instead: 'TYPE[64]; several arguments for more.',
    example: ['f vfs_read +0(file):u8[65]'],
  },
  BAD_TYPE: {
    means: 'There is no such type.',
    instead:
      'u8 to u64, s8 to s64, x8 to x64, char, string, ustring, symbol, symstr, %pd, %pD, b<bits>@<offset>/<size>, and TYPE[N].',
    example: ['f vfs_read count:int'],
  },
  BAD_STRING: {
    means: 'string, ustring and arrays read memory; the value itself is no memory.',
    instead: '+0(ARG):string, where ARG is the address.',
    example: ['f vfs_read $stack0:string'],
  },
  BAD_SYMSTRING: {
    means: 'symstr makes the name of a symbol of an address that is a value or lies in kernel memory.',
    instead: 'ARG:symstr.',
    example: ['f vfs_read +u0(buf):symstr'],
  },
  BAD_BITFIELD: {
    means: 'A bitfield is b<bits>@<offset>/<size>, with bits and offset inside the size, which is 8, 16, 32 or 64.',
    instead: 'b4@8/32: four bits from bit 8 of a u32.',
    example: ['f vfs_read count:b65@0/64'],
  },
  BAD_TYPE4STR: {
    means: 'string wants a char pointer or a char array; the types say that this is neither.',
    instead: '+0(ARG):string reads what it points to all the same.',
    example: ['f vfs_read file:string'],
  },
  NEED_STRING_TYPE: {
    means: '$comm and immediate strings are strings.',
    instead: '$comm or $comm:string.',
    example: ['f vfs_read $comm:u8'],
  },
} as const satisfies Partial<Record<ProbeErrorCode, ErrorGuide>>;

const BTF = {
  NOSUP_BTFARG: {
    means: 'The kernel was built without types (BTF), or they do not know the function: names and $arg* need them.',
    instead: '$arg1, $arg2, ... one by one.',
    example: ['f vfs_re?d $arg*'],
  },
  NO_BTFARG: {
    means: 'The function has no argument of that name, or not so many.',
    instead: 'One of its arguments: fprobe explain shows them.',
    example: ['f vfs_read cont'],
  },
  NO_BTF_ENTRY: {
    means: 'There are no types for this function (or pattern, or tracepoint), or it takes no arguments.',
    instead: '$arg1, $arg2, ...',
    example: ['f vfs_re?d count'],
  },
  NO_BTF_FIELD: {
    means: 'The struct has no field of that name.',
    instead: 'One of its fields; fields of unnamed structs inside it are named directly.',
    example: ['f vfs_read file->f_nope'],
  },
  NO_PTR_STRCT: {
    means: 'What stands before -> is no pointer.',
    instead: '. for a struct inside a struct, -> for what a pointer points to.',
    example: ['f vfs_read count->x'],
  },
  NOSUP_DAT_ARG: {
    means:
      'A struct that is handed over whole, not by pointer, cannot be taken apart; nor can an argument be followed by a dot.',
    instead: '-> behind an argument that is a pointer.',
    example: ['f vfs_read file.f_mode'],
  },
  BAD_HYPHEN: {
    means: 'A hyphen in a path is the start of an arrow.',
    instead: 'file->f_mode',
    example: ['f vfs_read file-f_mode'],
  },
  BAD_BTF_TID: {
    means: 'The path goes into something that is neither struct nor union.',
    instead: 'fprobe explain shows the types along the path.',
    example: ['f vfs_read pos->x'],
  },
} as const satisfies Partial<Record<ProbeErrorCode, ErrorGuide>>;

const kprobes = (means: string, instead: string): ErrorGuide => ({ means, instead, of: 'kprobes (p, r)' });
const uprobes = (means: string, instead: string): ErrorGuide => ({ means, instead, of: 'uprobes (p PATH:OFFSET)' });
const eprobes = (means: string, instead: string): ErrorGuide => ({ means, instead, of: 'event probes (e)' });

const OTHERS = {
  BAD_MAXACT_TYPE: kprobes(
    'A number behind p, which has no returns.',
    'r5:... for a return probe, p:... without a number.',
  ),
  MAXACT_TOO_BIG: kprobes(
    'More than 4096 instances of a return probe.',
    'A smaller number, or f with %return, which needs none.',
  ),
  NON_UNIQ_SYMBOL: kprobes(
    'Several functions have this name.',
    'ADDRESS, SYMBOL+OFFSET of another symbol, or f, which probes all of them.',
  ),
  BAD_RETPROBE: kprobes('A return probe at an offset into a function.', 'The function alone.'),
  NO_TRACEPOINT: {
    means: 'No tracepoint has that name. 6.16 does not log it: the probe waits for a module.',
    instead: 'A name from available_events.',
    of: 'other versions',
  },
  BAD_INSN_BNDRY: kprobes('The offset points into the middle of an instruction.', 'The address of an instruction.'),
  BAD_REG_NAME: kprobes('There is no register of that name.', 'A name of pt_regs; for f, $argN or a name.'),
  SYM_ON_UPROBE: uprobes('Programs have no kernel symbols.', '@+OFFSET for a place in the program.'),
  BAD_FILE_OFFS: uprobes('Behind @+ stands no number.', '@+0x10'),
  FILE_NOT_FOUND: uprobes('There is no such program.', 'The path of one.'),
  NO_REGULAR_FILE: uprobes('The path is no plain file.', 'The path of a program or library.'),
  BAD_REFCNT: uprobes('The reference counter is no number.', 'PATH:OFFSET(REFERENCE)'),
  REFCNT_OPEN_BRACE: uprobes('The bracket of the reference counter is not closed.', 'PATH:OFFSET(REFERENCE)'),
  BAD_REFCNT_SUFFIX: uprobes('Something stands behind the reference counter.', 'PATH:OFFSET(REFERENCE)'),
  BAD_UPROBE_OFFS: uprobes('Behind the path stands no number.', 'PATH:0x1234'),
  NO_EVENT_INFO: eprobes('An event probe needs the system and the event it is put on.', 'e:NAME SYSTEM/EVENT'),
  BAD_ATTACH_EVENT: eprobes('There is no such event.', 'A line of available_events, with a slash.'),
  BAD_ATTACH_ARG: eprobes('The event has no such field.', 'A field of its format, behind a $.'),
  NO_EP_FILTER: eprobes('Nothing stands behind if.', 'A filter.'),
  BAD_VAR_ARGS: {
    means: '$arg* has a name, a type or something around it.',
    instead: '$arg* alone.',
    of: 'other versions',
  },
  NOFENTRY_ARGS: kprobes(
    '$arg* in the middle of a function, where registers hold other things.',
    'The entry of the function.',
  ),
  ARGIDX_2BIG: {
    means: 'The number behind $arg is too large.',
    instead: 'A number of an argument that the function has.',
    of: 'other versions',
  },
} as const satisfies Partial<Record<ProbeErrorCode, ErrorGuide>>;

/** What is to be known of each reason. */
export const ERROR_GUIDE: Readonly<Record<ProbeErrorCode, ErrorGuide>> = {
  ...PLACES,
  ...NAMES,
  ...VALUES,
  ...TYPES,
  ...BTF,
  ...OTHERS,
};

/** What errnos mean that come back without an entry in `error_log`. */
export const ERRNO_GUIDE: Readonly<Record<string, { readonly means: string; readonly instead: string }>> = {
  EBUSY: {
    means:
      'An event is enabled, or something holds it: a trigger, perf, an instance. A truncating write to dynamic_events removes all events or none.',
    instead: "Switch it off first (echo 0 > events/GROUP/EVENT/enable, in instances, too), then '-:GROUP/EVENT'.",
  },
  EEXIST: { means: 'Something of that name is there.', instead: 'Another name, or remove the other one first.' },
  ENOENT: {
    means: 'A removal names no event that is there (with those arguments), or an @SYMBOL has no address.',
    instead:
      'cat dynamic_events shows what there is: -:GROUP/EVENT, with the function and arguments as shown there or without any.',
  },
  EINVAL: {
    means:
      'The line is no command: it starts with something other than f, t, -: (or p, r, e, s:), lacks a function, or is refused without a reason, as a second probe on one tracepoint is.',
    instead: 'f[:[GROUP/][EVENT]] FUNCTION[%return] [ARGUMENTS]; t[:[GROUP/][EVENT]] TRACEPOINT [ARGUMENTS].',
  },
  E2BIG: { means: 'Too many arguments, or a line that is too long.', instead: 'Several events.' },
  ENOMEM: {
    means: 'Arguments with :%pd and :%pD take more than 256 bytes when they are written out.',
    instead: 'Fewer of them in one event.',
  },
  EOPNOTSUPP: {
    means: 'The kernel was built without it: fprobe on an arch that has none, or names of arguments without types.',
    instead: 'fprobe arch tells what each arch has.',
  },
  ENODEV: { means: 'The event that an event probe is put on is not there.', instead: 'A line of available_events.' },
};
