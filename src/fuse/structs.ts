import { struct } from './struct.ts';

// Structures of the protocol, include/uapi/linux/fuse.h. Each drawing shows its fields at their byte offsets; a test holds the
// drawings against the tables.

/**
 * Starts every request.
 *
 *     0    4       8       16      24   28   32   36            38       40
 *     |len |opcode |unique |nodeid |uid |gid |pid |total_extlen |padding |
 */
export const InHeader = struct({
  len: 'u32',
  opcode: 'u32',
  unique: 'u64',
  nodeid: 'u64',
  uid: 'u32',
  gid: 'u32',
  pid: 'u32',
  total_extlen: 'u16',
  padding: 'u16',
});

/**
 * Starts every answer. `error` is a negative errno; in a message that nobody asked for `unique` is 0 and `error` its kind.
 *
 *     0    4      8       16
 *     |len |error |unique |
 */
export const OutHeader = struct({ len: 'u32', error: 'i32', unique: 'u64' });

/**
 * What stat(2) tells. Times are seconds, and nanoseconds into them.
 *
 *     0    8     16      24     32     40     48         52         56         60    64     68   72   76    80       84     88
 *     |ino |size |blocks |atime |mtime |ctime |atimensec |mtimensec |ctimensec |mode |nlink |uid |gid |rdev |blksize |flags |
 */
export const Attr = struct({
  ino: 'u64',
  size: 'u64',
  blocks: 'u64',
  atime: 'u64',
  mtime: 'u64',
  ctime: 'u64',
  atimensec: 'u32',
  mtimensec: 'u32',
  ctimensec: 'u32',
  mode: 'u32',
  nlink: 'u32',
  uid: 'u32',
  gid: 'u32',
  rdev: 'u32',
  blksize: 'u32',
  flags: 'u32',
});

/**
 * Answers LOOKUP and MKDIR; an {@link Attr} follows. Validities are seconds, and nanoseconds.
 *
 *     0       8           16           24          32                36               40
 *     |nodeid |generation |entry_valid |attr_valid |entry_valid_nsec |attr_valid_nsec |
 */
export const EntryOut = struct({
  nodeid: 'u64',
  generation: 'u64',
  entry_valid: 'u64',
  attr_valid: 'u64',
  entry_valid_nsec: 'u32',
  attr_valid_nsec: 'u32',
});

/**
 * Answers GETATTR and SETATTR; an {@link Attr} follows.
 *
 *     0           8                12     16
 *     |attr_valid |attr_valid_nsec |dummy |
 */
export const AttrOut = struct({ attr_valid: 'u64', attr_valid_nsec: 'u32', dummy: 'u32' });

/**
 * Asks for changes of an inode.
 *
 *     0      4        8   16    24          32     40     48     56         60         64         68    72       76   80   84       88
 *     |valid |padding |fh |size |lock_owner |atime |mtime |ctime |atimensec |mtimensec |ctimensec |mode |unused4 |uid |gid |unused5 |
 */
export const SetattrIn = struct({
  valid: 'u32',
  padding: 'u32',
  fh: 'u64',
  size: 'u64',
  lock_owner: 'u64',
  atime: 'u64',
  mtime: 'u64',
  ctime: 'u64',
  atimensec: 'u32',
  mtimensec: 'u32',
  ctimensec: 'u32',
  mode: 'u32',
  unused4: 'u32',
  uid: 'u32',
  gid: 'u32',
  unused5: 'u32',
});

/**
 * Asks for MKNOD; the name follows.
 *
 *     0     4     8      12       16
 *     |mode |rdev |umask |padding |
 */
export const MknodIn = struct({ mode: 'u32', rdev: 'u32', umask: 'u32', padding: 'u32' });

/**
 * Asks for MKDIR; the name follows.
 *
 *     0     4      8
 *     |mode |umask |
 */
export const MkdirIn = struct({ mode: 'u32', umask: 'u32' });

/**
 * Asks for OPEN and OPENDIR.
 *
 *     0      4           8
 *     |flags |open_flags |
 */
export const OpenIn = struct({ flags: 'u32', open_flags: 'u32' });

/**
 * Answers OPEN and OPENDIR.
 *
 *     0   8           12          16
 *     |fh |open_flags |backing_id |
 */
export const OpenOut = struct({ fh: 'u64', open_flags: 'u32', backing_id: 'i32' });

/**
 * Asks for RELEASE and RELEASEDIR.
 *
 *     0   8      12             16          24
 *     |fh |flags |release_flags |lock_owner |
 */
export const ReleaseIn = struct({ fh: 'u64', flags: 'u32', release_flags: 'u32', lock_owner: 'u64' });

/**
 * Asks for READ, READDIR and READDIRPLUS.
 *
 *     0   8       16    20          24          32     36       40
 *     |fh |offset |size |read_flags |lock_owner |flags |padding |
 */
export const ReadIn = struct({
  fh: 'u64',
  offset: 'u64',
  size: 'u32',
  read_flags: 'u32',
  lock_owner: 'u64',
  flags: 'u32',
  padding: 'u32',
});

/**
 * Asks for WRITE; the data follow.
 *
 *     0   8       16    20           24          32     36       40
 *     |fh |offset |size |write_flags |lock_owner |flags |padding |
 */
export const WriteIn = struct({
  fh: 'u64',
  offset: 'u64',
  size: 'u32',
  write_flags: 'u32',
  lock_owner: 'u64',
  flags: 'u32',
  padding: 'u32',
});

/**
 * Answers WRITE, and LISTXATTR when it asks how much there is.
 *
 *     0     4        8
 *     |size |padding |
 */
export const SizeOut = struct({ size: 'u32', padding: 'u32' });

/**
 * Asks for LISTXATTR.
 *
 *     0     4        8
 *     |size |padding |
 */
export const ListxattrIn = struct({ size: 'u32', padding: 'u32' });

/**
 * Answers STATFS.
 *
 *     0       8      16      24     32     40     44       48      52       56      60      64      68      72      76      80
 *     |blocks |bfree |bavail |files |ffree |bsize |namelen |frsize |padding |spare0 |spare1 |spare2 |spare3 |spare4 |spare5 |
 */
export const StatfsOut = struct({
  blocks: 'u64',
  bfree: 'u64',
  bavail: 'u64',
  files: 'u64',
  ffree: 'u64',
  bsize: 'u32',
  namelen: 'u32',
  frsize: 'u32',
  padding: 'u32',
  spare0: 'u32',
  spare1: 'u32',
  spare2: 'u32',
  spare3: 'u32',
  spare4: 'u32',
  spare5: 'u32',
});

/**
 * Begins the connection; newer kernels send more behind it.
 *
 *     0      4      8              12     16
 *     |major |minor |max_readahead |flags |
 */
export const InitIn = struct({ major: 'u32', minor: 'u32', max_readahead: 'u32', flags: 'u32' });

/**
 * Answers INIT.
 *
 *     0      4      8              12     16              18                    20         24         28         30             32
 *     |major |minor |max_readahead |flags |max_background |congestion_threshold |max_write |time_gran |max_pages |map_alignment |
 *
 *     32      36       40       44       48       52       56       60       64
 *     |flags2 |unused0 |unused1 |unused2 |unused3 |unused4 |unused5 |unused6 |
 */
export const InitOut = struct({
  major: 'u32',
  minor: 'u32',
  max_readahead: 'u32',
  flags: 'u32',
  max_background: 'u16',
  congestion_threshold: 'u16',
  max_write: 'u32',
  time_gran: 'u32',
  max_pages: 'u16',
  map_alignment: 'u16',
  flags2: 'u32',
  unused0: 'u32',
  unused1: 'u32',
  unused2: 'u32',
  unused3: 'u32',
  unused4: 'u32',
  unused5: 'u32',
  unused6: 'u32',
});

/**
 * Asks to interrupt another request.
 *
 *     0       8
 *     |unique |
 */
export const InterruptIn = struct({ unique: 'u64' });

/**
 * Forgets an inode that was looked up so many times.
 *
 *     0        8
 *     |nlookup |
 */
export const ForgetIn = struct({ nlookup: 'u64' });

/**
 * Forgets several: as many {@link ForgetOne} follow.
 *
 *     0      4      8
 *     |count |dummy |
 */
export const BatchForgetIn = struct({ count: 'u32', dummy: 'u32' });

/**
 * One of those.
 *
 *     0       8        16
 *     |nodeid |nlookup |
 */
export const ForgetOne = struct({ nodeid: 'u64', nlookup: 'u64' });

/**
 * Asks for IOCTL.
 *
 *     0   8      12   16   24       28        32
 *     |fh |flags |cmd |arg |in_size |out_size |
 */
export const IoctlIn = struct({ fh: 'u64', flags: 'u32', cmd: 'u32', arg: 'u64', in_size: 'u32', out_size: 'u32' });

/**
 * Answers IOCTL.
 *
 *     0       4      8        12        16
 *     |result |flags |in_iovs |out_iovs |
 */
export const IoctlOut = struct({ result: 'i32', flags: 'u32', in_iovs: 'u32', out_iovs: 'u32' });

/**
 * Asks for POLL.
 *
 *     0   8   16     20      24
 *     |fh |kh |flags |events |
 */
export const PollIn = struct({ fh: 'u64', kh: 'u64', flags: 'u32', events: 'u32' });

/**
 * Answers POLL.
 *
 *     0        4        8
 *     |revents |padding |
 */
export const PollOut = struct({ revents: 'u32', padding: 'u32' });

/**
 * Tells that a polled file became ready.
 *
 *     0   8
 *     |kh |
 */
export const PollWakeupOut = struct({ kh: 'u64' });

/**
 * Tells that what the kernel knows of an inode is out of date; without data, when `off` is negative.
 *
 *     0    8    16   24
 *     |ino |off |len |
 */
export const InvalInodeOut = struct({ ino: 'u64', off: 'i64', len: 'i64' });

/**
 * Stores data in an inode's page cache, which makes it as large as they reach; they follow.
 *
 *     0       8       16    20       24
 *     |nodeid |offset |size |padding |
 */
export const StoreOut = struct({ nodeid: 'u64', offset: 'u64', size: 'u32', padding: 'u32' });

/**
 * One name of a directory; the name follows, padded to 8 bytes. READDIRPLUS has an {@link EntryOut} and an {@link Attr} in front.
 *
 *     0    8    16       20    24
 *     |ino |off |namelen |type |
 */
export const Dirent = struct({ ino: 'u64', off: 'u64', namelen: 'u32', type: 'u32' });
