/** An open file of a kernel that others use too. */
export interface RemoteFile {
  /** Up to `size` bytes; waits where the file has none yet. `''` at the end, or a negative errno. */
  read(size?: number): Promise<string | number>;
  /** Bytes taken, or a negative errno. */
  write(data: string): Promise<number>;
  close(): Promise<void>;
}

/** How a file is opened. */
export interface OpenMode {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly append?: boolean;
  readonly truncate?: boolean;
  readonly nonblock?: boolean;
}

/**
 * The files of a kernel that is up, wherever it is. They answer as `Tracefs` does, negative errnos and all; text is latin1: one
 * character a byte. A path is one of a tracing file, or that of a file in a system: `/sys/kernel/tracing/trace`, `/proc/kallsyms`.
 */
export interface KernelFiles {
  openFile(path: string, how: OpenMode): Promise<RemoteFile | number>;
  /** Names in a directory, sorted by their bytes, or a negative errno. */
  list(path: string): Promise<readonly string[] | number>;
  mkdir(path: string): Promise<number>;
  rmdir(path: string): Promise<number>;
  /** Runs a workload to its end; why it cannot, if it cannot. */
  run(workload: string, seed?: number): Promise<string | undefined>;
  close(): void;
}

const PREFIXES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

/** Where a path is in the tree of a session: below `tracing`, or below `system`. */
export function placeOf(path: string): string {
  const prefix = PREFIXES.find((each) => path === each || path.startsWith(`${each}/`));
  if (prefix !== undefined) return `tracing/${path.slice(prefix.length)}`;
  return path.startsWith('/') ? `system${path}` : `tracing/${path}`;
}
