/** Exit statuses of every command; `fprobe --help` and the README list them. */
export const ExitStatus = {
  /** All went well; every definition was accepted, every transcript agreed. */
  OK: 0,
  /** The kernel refused something, or a replayed transcript differed. */
  REFUSED: 1,
  /** The command line, an input file or a profile cannot be used. */
  USAGE: 2,
} as const;

/** A mistake in how the program was called: one line for stderr, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
