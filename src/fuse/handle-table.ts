/** Open files or directories by the handle that the kernel gives back with each request; handles are used again. */
export class HandleTable<Opened extends object> {
  readonly #opened: (Opened | undefined)[] = [];
  readonly #free: number[] = [];

  /** Gives a handle for something that was opened. */
  add(opened: Opened): number {
    const handle = this.#free.pop() ?? this.#opened.length;
    this.#opened[handle] = opened;
    return handle;
  }

  /** What a handle stands for. */
  get(handle: number): Opened | undefined {
    return this.#opened[handle];
  }

  /** Takes a handle back; what it stood for. */
  remove(handle: number): Opened | undefined {
    const opened = this.#opened[handle];
    if (opened) this.#free.push(handle);
    this.#opened[handle] = undefined;
    return opened;
  }

  /** All that are open. */
  *[Symbol.iterator](): Generator<Opened> {
    for (const opened of this.#opened) if (opened) yield opened;
  }
}
