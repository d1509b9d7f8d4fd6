import { Errno } from '../abi/errno.ts';
import type { TraceEventFile } from './event-file.ts';

const AVAILABLE_TRIGGERS =
  '# Available triggers:\n' +
  '# traceon traceoff snapshot stacktrace enable_event disable_event enable_hist disable_hist hist\n';

/** Content of an event's `trigger` file: its triggers, or which there are. */
export function triggerText(file: TraceEventFile): string {
  return file.triggers?.text() ?? AVAILABLE_TRIGGERS;
}

/** What a write to it does. No trigger can be set so far: every command is refused with EINVAL. */
export function writeTrigger(_file: TraceEventFile, data: string): number {
  return data === '' ? 0 : -Errno.EINVAL;
}

/** Content of an event's `hist` file: its histograms, one after the other. */
export function histText(file: TraceEventFile): string {
  return file.triggers?.histText() ?? '';
}
