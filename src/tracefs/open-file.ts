import { Errno } from '../abi/errno.ts';
import type { FileOps, OpenHow } from './node.ts';

/** Bytes of a page, the buffer that texts are read through. */
const PAGE_SIZE = 4096;

/** An open file. Its content is fixed from its first read on, until it is read from offset 0 again or written. */
export class OpenFile {
  readonly #ops: FileOps;
  readonly #how: OpenHow;
  #content: string | undefined;
  #offset = 0;
  #closed = false;

  constructor(ops: FileOps, how: OpenHow) {
    this.#ops = ops;
    this.#how = how;
  }

  /**
   * Reads up to `size` bytes.
   * @returns latin1 text, `''` at the end, or a negative errno: EBADF not open for reading, EINVAL a file that cannot be read, EAGAIN
   *   nothing to read yet
   */
  read(size = Number.POSITIVE_INFINITY): string | number {
    if (this.#closed || !this.#how.read) return -Errno.EBADF;
    if (this.#ops.readSome) {
      const piece = this.#ops.readSome(size);
      if (typeof piece === 'string') this.#offset += piece.length;
      return piece;
    }
    if (!this.#ops.read) return -Errno.EINVAL;
    if (this.#ops.atOnce && this.#offset > 0) return '';
    if (this.#content === undefined) {
      const content = this.#ops.read(size);
      if (typeof content === 'number') return content;
      this.#content = content;
    }
    const piece = this.#piece(this.#content, size);
    this.#offset += piece.length;
    return piece;
  }

  /**
   * What one read gives of a text: the lines that fit into a page, or one that is longer (`fs/seq_file.c:seq_read_iter()`); of a file that is
   * read whole all that is asked for.
   */
  #piece(content: string, size: number): string {
    const start = this.#offset;
    if (this.#ops.whole || content.length - start <= PAGE_SIZE || size <= PAGE_SIZE)
      return content.slice(start, start + size);
    const last = content.lastIndexOf('\n', start + PAGE_SIZE - 1);
    const end = last >= start ? last + 1 : content.indexOf('\n', start) + 1;
    return content.slice(start, Math.min(start + size, end || content.length));
  }

  /**
   * Reads up to `size` bytes at a byte offset, as pread(2) does; from offset 0 the content is made anew. Files that are consumed by reading
   * have no offsets.
   */
  readAt(offset: number, size: number): string | number {
    if (offset === 0) this.rewind();
    else if (offset !== this.#offset) {
      this.#offset = offset;
      this.#ops.seek?.(offset);
    }
    return this.read(size);
  }

  /** Goes back to offset 0, where the content is made anew. */
  rewind(): void {
    this.#offset = 0;
    this.#content = undefined;
    this.#ops.seek?.(0);
  }

  /**
   * Writes; what is left over when fewer bytes are taken is for the caller to write again, as with write(2).
   * @returns bytes taken, or a negative errno
   */
  write(data: string): number {
    if (this.#closed || !this.#how.write) return -Errno.EBADF;
    const written = this.#ops.write ? this.#ops.write(data) : -Errno.EINVAL;
    if (written >= 0) this.#move(written);
    return written;
  }

  /** Reading and writing share the offset; what is read after a write is made anew. */
  #move(written: number): void {
    this.#content = undefined;
    const { moves } = this.#ops;
    if (moves === 'not' || written === 0) return;
    this.#offset += moves === 'one' ? 1 : written;
    this.#ops.seek?.(this.#offset);
  }

  /** Parks the reader of a file without content until it has some; false when there is no need to, or no such waiting. */
  wait(wake: () => void): boolean {
    return this.#ops.wait?.(wake) ?? false;
  }

  /** Forgets a parked reader. */
  cancelWait(wake: () => void): void {
    this.#ops.cancelWait?.(wake);
  }

  /** Whether poll(2) finds something to read; undefined for a file that it always finds ready, for writing too. */
  get ready(): boolean | undefined {
    return this.#ops.ready?.();
  }

  /** Parks a poller until there is something to read; false when there is, or when nothing would tell. */
  waitReady(wake: () => void): boolean {
    return (this.#ops.waitReady ?? this.#ops.wait)?.(wake) ?? false;
  }

  /** Whether it is open for reading. */
  get reads(): boolean {
    return this.#how.read === true;
  }

  /** Whether it wants to be told when one of several descriptors is closed. */
  get wantsFlush(): boolean {
    return this.#ops.flush !== undefined;
  }

  /** One of its descriptors was closed. */
  flush(): void {
    this.#ops.flush?.();
  }

  close(): void {
    if (!this.#closed) this.#ops.close?.();
    this.#closed = true;
  }
}
