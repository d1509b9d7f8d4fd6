/**
 * Numbers from 0 up to a size, handed out so that the one given back longest ago comes first: a frame that still waits for a graph ops that has gone
 * does not soon wake a new one. `kernel/trace/fgraph.c:fgraph_lru_table`
 */
export class IndexPool {
  #free: number[];

  constructor(size: number) {
    this.#free = Array.from({ length: size }, (_, index) => index);
  }

  /** A number, or −1 when all are in use. */
  allocate(): number {
    return this.#free.shift() ?? -1;
  }

  release(index: number): void {
    this.#free.push(index);
  }
}
