/** Signals by name, as Linux numbers them on x86-64. */
const SIGNALS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  WINCH: 28,
};

export const SIGINT = 2;
export const SIGKILL = 9;
export const SIGPIPE = 13;
export const SIGTERM = 15;

const MAX_SIGNAL = 64;
/** Signals that do nothing unless they are caught. */
const HARMLESS = new Set([17, 18, 19, 20, 21, 22, 23, 28]);

/** The number of a signal given by number or name, `SIG` in front or not; 0 for `EXIT`; undefined for what is none. */
export function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) <= MAX_SIGNAL ? Number(text) : undefined;
  const name = text.toUpperCase().replace(/^SIG/, '');
  return name === 'EXIT' ? 0 : SIGNALS[name];
}

/** Name of a signal, without `SIG`. */
export function signalName(number: number): string {
  return Object.keys(SIGNALS).find((name) => SIGNALS[name] === number) ?? String(number);
}

/** Names of the signals by number. */
export const signalList = (): readonly (readonly [string, number])[] => Object.entries(SIGNALS);

/** Whether a signal ends a process that does not catch it. */
export const isDeadly = (number: number): boolean => !HARMLESS.has(number);

/** Thrown in a process that a signal ends, wherever it is. */
export class Killed extends Error {
  readonly signal: number;

  constructor(signal: number) {
    super(`killed by ${signalName(signal)}`);
    this.signal = signal;
  }
}
