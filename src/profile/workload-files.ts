/** The recordings that a profile holds, as they were converted when it was imported. */
export class WorkloadFiles {
  /** Names, sorted. */
  readonly names: readonly string[];
  readonly #read: (name: string) => Uint8Array;

  constructor(names: readonly string[], read: (name: string) => Uint8Array) {
    this.names = names;
    this.#read = read;
  }

  /** Bytes of a recording, unpacked; `undefined` when there is none of this name. */
  read(name: string): Uint8Array | undefined {
    return this.names.includes(name) ? this.#read(name) : undefined;
  }
}
