/** Version of the protocol that is spoken, `FUSE_KERNEL_VERSION` and `FUSE_KERNEL_MINOR_VERSION`. */
export const FUSE_VERSION = { major: 7, minor: 38 } as const;
/** Oldest minor version of the kernel's that is enough: READDIRPLUS, PARALLEL_DIROPS and the answers' sizes are as here since then. */
export const OLDEST_MINOR = 31;
/** Id of the root directory. */
export const ROOT_ID = 1;

/** What a request asks for, `enum fuse_opcode`. */
export const Opcode = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  READLINK: 5,
  SYMLINK: 6,
  MKNOD: 8,
  MKDIR: 9,
  UNLINK: 10,
  RMDIR: 11,
  RENAME: 12,
  LINK: 13,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  FSYNC: 20,
  SETXATTR: 21,
  GETXATTR: 22,
  LISTXATTR: 23,
  REMOVEXATTR: 24,
  FLUSH: 25,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  FSYNCDIR: 30,
  ACCESS: 34,
  CREATE: 35,
  INTERRUPT: 36,
  DESTROY: 38,
  IOCTL: 39,
  POLL: 40,
  BATCH_FORGET: 42,
  FALLOCATE: 43,
  READDIRPLUS: 44,
  RENAME2: 45,
  LSEEK: 46,
  COPY_FILE_RANGE: 47,
  TMPFILE: 51,
} as const;

/** Features that INIT agrees on, `FUSE_INIT` flags. */
export const InitFlag = {
  ATOMIC_O_TRUNC: 1 << 3,
  BIG_WRITES: 1 << 5,
  DO_READDIRPLUS: 1 << 13,
  READDIRPLUS_AUTO: 1 << 14,
  PARALLEL_DIROPS: 1 << 18,
  HANDLE_KILLPRIV: 1 << 19,
  ABORT_ERROR: 1 << 21,
  MAX_PAGES: 1 << 22,
} as const;

/** How an open file behaves, `FOPEN_*`: no page cache; no seeking; no positions at all; no word of closed descriptors. */
export const OpenFlag = { DIRECT_IO: 1, NONSEEKABLE: 4, STREAM: 16, NOFLUSH: 32 } as const;

/** Which fields of a SETATTR count, `FATTR_*`. */
export const SetattrFlag = { MODE: 1, UID: 2, GID: 4, SIZE: 8 } as const;

/** The kernel wants to be told when the file becomes ready, `FUSE_POLL_SCHEDULE_NOTIFY`. */
export const POLL_SCHEDULE_NOTIFY = 1;
/** Messages that nobody asked for, `enum fuse_notify_code`: a polled file became ready; an inode changed; its page cache holds data. */
export const Notify = { POLL: 1, INVAL_INODE: 2, STORE: 4 } as const;

/** Flags of open(2), as x86-64 and most others number them. */
export const OpenBits = {
  ACCMODE: 0o3,
  WRONLY: 0o1,
  RDWR: 0o2,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  DIRECT: 0o40000,
} as const;

/** File types of `st_mode`, and where a directory entry has them. */
export const FileType = { MASK: 0o170000, DIR: 0o040000, FILE: 0o100000, DIRENT_SHIFT: 12 } as const;

/** Events of poll(2): readable, writable, in their two spellings each. */
export const PollBits = { IN: 0x1, OUT: 0x4, RDNORM: 0x40, WRNORM: 0x100 } as const;
