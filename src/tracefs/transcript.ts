import type { Stat } from './tracefs.ts';

/** What transcripts run against: a simulated tracefs, or a real one behind an adapter. Text is latin1. */
export interface TranscriptTarget {
  read(path: string): string | number;
  write(path: string, data: string, how?: { readonly append?: boolean }): number;
  stat(path: string): Stat | number;
  list(path: string): string[] | number;
  mkdir(path: string): number;
  rmdir(path: string): number;
}

/** Results of a step that ran: what the operation returned, and for `read` and `list` what it gave. */
interface StepResult {
  readonly ret?: number;
  readonly out?: string;
}

/** One step of a transcript; its strings are text as in JSON, not latin1. */
export type Step = StepResult &
  (
    | { readonly op: 'write' | 'append'; readonly path: string; readonly data: string }
    | { readonly op: 'read' | 'stat' | 'list' | 'mkdir' | 'rmdir'; readonly path: string }
    | { readonly op: 'fork'; readonly count: number }
  );

/** Steps that belong together, run on a reset tree. */
export interface Transcript {
  readonly id: string;
  readonly steps: readonly Step[];
}

/** Runs a fork step: so many children of a process named `rec`. Returns what the step's `ret` shall be. */
export type Fork = (count: number) => number;

/** A step whose result differs from the recorded one; texts are masked. */
export interface Difference {
  readonly id: string;
  /** Number of the step, 0-based. */
  readonly index: number;
  readonly step: Step;
  readonly what: 'ret' | 'out';
  readonly expected: string;
  readonly actual: string;
}

const OPS: ReadonlySet<unknown> = new Set(['write', 'append', 'read', 'stat', 'list', 'mkdir', 'rmdir', 'fork']);

const isAscii = (text: string) => /^[\0-\x7f]*$/.test(text);

/** Text of JSON as the bytes that a kernel sees, one latin1 character each. */
export function textToBytes(text: string): string {
  if (isAscii(text)) return text;
  let bytes = '';
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** Bytes, one latin1 character each, as text; what is no UTF-8 becomes U+FFFD. */
export function bytesToText(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  return new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
}

function stepError(step: unknown): string | undefined {
  if (typeof step !== 'object' || step === null) return 'a step is an object';
  const { op, path, data, count } = step as Record<string, unknown>;
  if (!OPS.has(op)) return `unknown op ${JSON.stringify(op)}`;
  if (op === 'fork') return Number.isInteger(count) && (count as number) >= 0 ? undefined : 'fork takes a count';
  if (typeof path !== 'string') return `${op} takes a path`;
  return (op === 'write' || op === 'append') && typeof data !== 'string' ? `${op} takes data` : undefined;
}

/**
 * Reads one line of a transcripts file.
 * @returns the transcript, or what is wrong with the line
 */
export function parseTranscript(line: string): Transcript | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'not JSON';
  }
  if (typeof value !== 'object' || value === null) return 'a transcript is an object';
  const { id, steps } = value as Record<string, unknown>;
  if (typeof id !== 'string' || !Array.isArray(steps)) return 'a transcript has an id and steps';
  for (const [i, step] of steps.entries()) {
    const error = stepError(step);
    if (error !== undefined) return `step ${i + 1}: ${error}`;
  }
  return { id, steps };
}

/** Puts a tree back to where each transcript starts. */
export function resetTree(target: TranscriptTarget): void {
  target.write('events/enable', '0\n');
  for (const path of ['dynamic_events', 'set_event', 'error_log', 'trace']) target.write(path, '');
  target.write('tracing_on', '1\n');
  target.write('current_tracer', 'nop\n');
  target.write('set_ftrace_filter', '');
}

function runRead(target: TranscriptTarget, path: string): StepResult {
  const out = target.read(path);
  return typeof out === 'number' ? { ret: out, out: '' } : { ret: out.length, out: bytesToText(out) };
}

function runList(target: TranscriptTarget, path: string): StepResult {
  const names = target.list(path);
  if (typeof names === 'number') return { ret: names, out: '' };
  const shown = names.filter((name) => !name.startsWith('.')).sort();
  return { ret: shown.length, out: shown.map((name) => `${bytesToText(name)}\n`).join('') };
}

function runStat(target: TranscriptTarget, path: string): StepResult {
  const stat = target.stat(path);
  if (typeof stat === 'number') return { ret: stat };
  return { ret: stat.kind === 'file' ? 1 : 2 };
}

/** Runs one step; the result has its `ret` and `out` filled in. */
export function runStep(step: Step, target: TranscriptTarget, fork: Fork): Step {
  if (step.op === 'fork') return { ...step, ret: fork(step.count) };
  const path = textToBytes(step.path);
  switch (step.op) {
    case 'write':
    case 'append':
      return { ...step, ret: target.write(path, textToBytes(step.data), { append: step.op === 'append' }) };
    case 'read':
      return { ...step, ...runRead(target, path) };
    case 'list':
      return { ...step, ...runList(target, path) };
    case 'stat':
      return { ...step, ...runStat(target, path) };
    case 'mkdir':
      return { ...step, ret: target.mkdir(path) };
    case 'rmdir':
      return { ...step, ret: target.rmdir(path) };
  }
}

/** Runs a transcript's steps one after the other on a tree that was reset. */
export function runTranscript(transcript: Transcript, target: TranscriptTarget, fork: Fork): Transcript {
  return { id: transcript.id, steps: transcript.steps.map((step) => runStep(step, target, fork)) };
}
