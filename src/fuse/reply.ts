import { FileType, Notify, Opcode } from './protocol.ts';
import type { FieldKind, Struct } from './struct.ts';
import {
  Attr,
  AttrOut,
  Dirent,
  EntryOut,
  InHeader,
  InvalInodeOut,
  OutHeader,
  PollWakeupOut,
  StoreOut,
} from './structs.ts';

/** What stat(2) tells of an inode. */
export interface AttrValues {
  readonly ino: number;
  /** Type and permission bits. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970 of all its times. */
  readonly time: number;
}

/** How long the kernel may keep what it is told, seconds. */
export interface Validity {
  readonly entry: number;
  readonly attr: number;
}

/** Bytes of a block, `st_blksize`. */
const BLOCK = 4096;

const nanoseconds = (seconds: number) => Math.round((seconds % 1) * 1e9);

/**
 * One answer to the kernel, built in place. Each of its methods appends; `take()` gives the whole message, valid until the next
 * `begin()`.
 */
export class Reply {
  #bytes: Uint8Array;
  #view: DataView;
  /** Bytes so far. */
  #length = 0;

  /** @param room bytes of the largest answer that is expected; larger ones make it grow */
  constructor(room = 4096) {
    this.#bytes = new Uint8Array(room);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Starts an answer to a request. */
  begin(unique: number): void {
    OutHeader.write(this.#view, 0, { unique });
    this.#length = OutHeader.size;
  }

  /** Bytes after the header. */
  get bodyLength(): number {
    return this.#length - OutHeader.size;
  }

  /** The message, with its length filled in. `error` is 0 or a negative errno, which takes away what was appended. */
  take(error = 0): Uint8Array {
    if (error < 0) this.#length = OutHeader.size;
    this.#view.setUint32(OutHeader.offsets.len, this.#length, true);
    this.#view.setInt32(OutHeader.offsets.error, error, true);
    return this.#bytes.subarray(0, this.#length);
  }

  /** Appends a structure. */
  put<Fields extends Readonly<Record<string, FieldKind>>>(
    structure: Struct<Fields>,
    values: { readonly [Name in keyof Fields]?: number },
  ): void {
    this.#grow(structure.size);
    structure.write(this.#view, this.#length, values);
    this.#length += structure.size;
  }

  /** Appends latin1 text as bytes. */
  putText(text: string): void {
    this.#grow(text.length);
    const bytes = this.#bytes;
    const at = this.#length;
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
    this.#length += text.length;
  }

  /** Appends what LOOKUP and MKDIR answer. Id 0 stands for a name that is not there. */
  putEntry(nodeid: number, attr: AttrValues | undefined, validity: Validity): void {
    this.put(EntryOut, {
      nodeid,
      generation: 0,
      entry_valid: Math.floor(validity.entry),
      entry_valid_nsec: nanoseconds(validity.entry),
      attr_valid: Math.floor(validity.attr),
      attr_valid_nsec: nanoseconds(validity.attr),
    });
    this.#putStat(attr);
  }

  /** Appends what GETATTR and SETATTR answer. */
  putAttr(attr: AttrValues, validity: Validity): void {
    this.put(AttrOut, { attr_valid: Math.floor(validity.attr), attr_valid_nsec: nanoseconds(validity.attr) });
    this.#putStat(attr);
  }

  /** Appends a name of a directory; `off` is the position behind it. */
  putDirent(name: string, ino: number, off: number, mode: number): void {
    this.put(Dirent, { ino, off, namelen: name.length, type: (mode & FileType.MASK) >> FileType.DIRENT_SHIFT });
    this.putText(name);
    const padding = -name.length & 7;
    this.#grow(padding);
    this.#bytes.fill(0, this.#length, this.#length + padding);
    this.#length += padding;
  }

  #putStat(attr: AttrValues | undefined): void {
    this.#grow(Attr.size);
    const at = this.#length;
    this.#length += Attr.size;
    this.#bytes.fill(0, at, this.#length);
    if (!attr) return;
    // Field by field, because most answers have one.
    const { offsets } = Attr;
    const view = this.#view;
    const wide = (offset: number, value: number) => {
      view.setUint32(at + offset, value % 2 ** 32, true);
      view.setUint32(at + offset + 4, Math.floor(value / 2 ** 32), true);
    };
    wide(offsets.ino, attr.ino);
    wide(offsets.size, attr.size);
    wide(offsets.atime, attr.time);
    wide(offsets.mtime, attr.time);
    wide(offsets.ctime, attr.time);
    view.setUint32(at + offsets.mode, attr.mode, true);
    view.setUint32(at + offsets.nlink, attr.nlink, true);
    view.setUint32(at + offsets.uid, attr.uid, true);
    view.setUint32(at + offsets.gid, attr.gid, true);
    view.setUint32(at + offsets.blksize, BLOCK, true);
  }

  #grow(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Bytes that a name of a directory takes in READDIR's answer. */
export function direntSize(name: string): number {
  return Dirent.size + ((name.length + 7) & ~7);
}

/** Bytes that it takes in READDIRPLUS's answer. */
export function direntPlusSize(name: string): number {
  return EntryOut.size + Attr.size + direntSize(name);
}

/** The message that tells the kernel that a polled file became ready. */
export function pollWakeup(kh: number): Uint8Array {
  return notification(Notify.POLL, PollWakeupOut, { kh });
}

/** The message that tells the kernel that what it knows of an inode's owner is out of date. */
export function attrChanged(ino: number): Uint8Array {
  return notification(Notify.INVAL_INODE, InvalInodeOut, { ino, off: -1, len: 0 });
}

/** Bytes that a file is said to have to those who splice it. */
const ENDLESS = 2 ** 40;

/**
 * The message that lets a file be spliced. The kernel takes splice(2) and sendfile(2) through its page cache, and there nothing lies beyond
 * the size of a file; ours have size 0. A byte stored far out makes the kernel think otherwise until it asks for the size again. What
 * is read short of a page is the end all the same.
 */
export function letSplice(nodeid: number): Uint8Array {
  return notification(Notify.STORE, StoreOut, { nodeid, offset: ENDLESS, size: 1 }, 1);
}

function notification<Fields extends Readonly<Record<string, FieldKind>>>(
  code: number,
  structure: Struct<Fields>,
  values: { readonly [Name in keyof Fields]?: number },
  data = 0,
): Uint8Array {
  const bytes = new Uint8Array(OutHeader.size + structure.size + data);
  const view = new DataView(bytes.buffer);
  OutHeader.write(view, 0, { len: bytes.length, error: code, unique: 0 });
  structure.write(view, OutHeader.size, values);
  return bytes;
}

/** The message that refuses a request with an errno; undefined for a request that has no answer. */
export function refusal(request: Uint8Array, errno: number): Uint8Array | undefined {
  const { opcode, unique } = InHeader.read(new DataView(request.buffer, request.byteOffset, request.byteLength), 0);
  if (opcode === Opcode.FORGET || opcode === Opcode.BATCH_FORGET || opcode === Opcode.INTERRUPT) return undefined;
  const bytes = new Uint8Array(OutHeader.size);
  OutHeader.write(new DataView(bytes.buffer), 0, { len: bytes.length, error: -errno, unique });
  return bytes;
}
