import type { Assignments } from './event-program.ts';

/** Device of a mapping's inode: its file system's, or its own where it has none. */
const MAPPED: Assignments = {
  i_ino: 'mapping->host->i_ino',
  s_dev: 'mapping->host->i_sb ? mapping->host->i_sb->s_dev : mapping->host->i_rdev',
};

/** Fields of the page cache's events (`include/trace/events/filemap.h`). */
export const FILEMAP: Readonly<Record<string, Assignments>> = {
  mm_filemap_fault: MAPPED,
  mm_filemap_get_pages: MAPPED,
  mm_filemap_map_pages: MAPPED,
};

/** A file system that is written back to no device has none with a name. */
const DIRTIED: Assignments = { name: '"(unknown)"', ino: 'inode->i_ino', state: 'inode->i_state' };

/** Fields of the events of inodes that become dirty (`include/trace/events/writeback.h`). */
export const WRITEBACK: Readonly<Record<string, Assignments>> = {
  writeback_dirty_inode: DIRTIED,
  writeback_dirty_inode_start: DIRTIED,
  writeback_mark_inode_dirty: DIRTIED,
};

const FAULT: Assignments = { ip: 'regs->ip' };

/** Fields of the page faults' events (`arch/x86/include/asm/trace/exceptions.h`). */
export const EXCEPTIONS: Readonly<Record<string, Assignments>> = { page_fault_user: FAULT, page_fault_kernel: FAULT };
