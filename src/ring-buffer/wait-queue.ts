/** Readers parked until a buffer has something for them. Each is called once, and then forgotten (`struct rb_irq_work`). */
export class WaitQueue {
  /** Whether anybody waits; what the writer looks at. */
  pending = false;
  #waiters: (() => void)[] = [];

  /** Parks a reader. `wake` runs inside the writer's commit: it may only note that the reader can go on. */
  add(wake: () => void): void {
    this.#waiters.push(wake);
    this.pending = true;
  }

  /** Forgets a parked reader. */
  remove(wake: () => void): void {
    this.#waiters = this.#waiters.filter((waiter) => waiter !== wake);
    this.pending = this.#waiters.length > 0;
  }

  /** Wakes all of them. */
  wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    this.pending = false;
    for (const waiter of waiters) waiter();
  }
}
