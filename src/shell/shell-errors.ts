/** An error of the shell itself, as it prints it: `sh: MESSAGE`. */
export class ShellError extends Error {
  readonly status: number;
  /** Whether a shell that runs a script ends with it. */
  readonly isFatal: boolean;

  constructor(message: string, status = 1, isFatal = false) {
    super(message);
    this.status = status;
    this.isFatal = isFatal;
  }
}

/** `break` or `continue`, for so many loops. */
export class LoopExit extends Error {
  readonly kind: 'break' | 'continue';
  depth: number;

  constructor(kind: 'break' | 'continue', depth: number) {
    super(kind);
    this.kind = kind;
    this.depth = depth;
  }
}

/** `return` from a function or a script that was read in. */
export class FunctionReturn extends Error {
  readonly status: number;

  constructor(status: number) {
    super('return');
    this.status = status;
  }
}

/** The shell ends. */
export class ShellExit extends Error {
  readonly status: number;

  constructor(status: number) {
    super('exit');
    this.status = status;
  }
}

/** Ctrl-C at an interactive shell: what it does is given up. */
export class Interrupted extends Error {}
