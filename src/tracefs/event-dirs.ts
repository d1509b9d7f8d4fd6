import { Errno } from '../abi/errno.ts';
import { EventFileFlag } from '../abi/event-file-flags.ts';
import type { TraceEventFile } from '../trace/event-file.ts';
import { applyEventFilter, applySystemFilter, eventFilterText, SYSTEM_FILTER_TEXT } from '../trace/filter.ts';
import { enableSystem, systemEnableText } from '../trace/set-event.ts';
import type { TraceArray } from '../trace/trace-array.ts';
import { histText, triggerText, truncateTriggers, writeTrigger } from '../trace/trigger-command.ts';
import { Mode, readOnly, readWrite, type TraceDir, type TraceFile, type TraceNode } from './node.ts';
import { flagFile } from './number-file.ts';

/** `events/`: a directory for each system, `enable`, and what else it holds. Nothing is made before it is looked up. */
export function eventsDirectory(array: TraceArray, extra: Readonly<Record<string, () => TraceNode>>): TraceDir {
  const files: Record<string, () => TraceNode> = { enable: () => enableFile(array, undefined), ...extra };
  return {
    kind: 'dir',
    mode: Mode.EVENT_DIR,
    names: () => [...Object.keys(files), ...array.tracing.events.systems()],
    get: (name) => (Object.hasOwn(files, name) ? files[name]!() : systemDirectory(array, name)),
    links: () => 1,
    anyLength: true,
  };
}

function enableFile(array: TraceArray, system: string | undefined): TraceFile {
  return flagFile(
    () => `${systemEnableText(array, system)}\n`,
    (on) => array.expand() || enableSystem(array, system, on),
  );
}

function systemDirectory(array: TraceArray, system: string): TraceDir | undefined {
  const { events } = array.tracing;
  if (!events.hasSystem(system)) return undefined;
  const filter = readWrite({
    read: () => SYSTEM_FILTER_TEXT,
    atOnce: true,
    write: (data) => applySystemFilter(array, system, data) || data.length,
  });
  const files: Record<string, () => TraceNode> =
    system === 'ftrace' ? {} : { enable: () => enableFile(array, system), filter: () => filter };
  return {
    kind: 'dir',
    mode: Mode.EVENT_DIR,
    names: () => [...Object.keys(files), ...events.namesIn(system)],
    get: (name) => (Object.hasOwn(files, name) ? files[name]!() : eventDirectory(array, system, name)),
    links: () => 1,
    anyLength: true,
    passing: !events.isStaticSystem(system),
  };
}

/** Whether the event was removed. */
function isGone(file: TraceEventFile): boolean {
  return (file.flags & EventFileFlag.FREED) !== 0;
}

/** The files of one event, by name; those that do not apply to it are missing (`event_callback()`). */
function eventFiles(file: TraceEventFile): Record<string, () => TraceFile> {
  const { call } = file;
  const gone = () => isGone(file);
  const enable = flagFile(
    () => (gone() ? -Errno.ENODEV : `${file.enableText()}\n`),
    (on) => (gone() ? -Errno.ENODEV : file.array.expand() || file.setEnabled(on)),
  );
  const filter = readWrite({
    read: () => (gone() ? -Errno.ENODEV : eventFilterText(file)),
    atOnce: true,
    write: (data) => (gone() ? -Errno.ENODEV : applyEventFilter(file, data) || data.length),
  });
  const free = { holds: false } as const;
  const trigger: TraceFile = {
    ...readWrite({
      read: () => (gone() ? -Errno.ENODEV : triggerText(file)),
      write: (data) => (gone() ? -Errno.ENODEV : writeTrigger(file, data)),
      truncate: () => (gone() ? -Errno.ENODEV : truncateTriggers(file)),
    }),
    ...free,
  };
  const plain = !call.ignoreEnable;
  return {
    ...(plain && { enable: () => enable, filter: () => filter }),
    format: () => ({ ...readOnly(() => (gone() ? -Errno.ENODEV : call.formatText())), ...free }),
    hist: () => readOnly(() => (gone() ? -Errno.ENODEV : histText(file))),
    ...(call.hasReg && { id: () => ({ ...readOnly(() => `${call.id}\n`), ...free }) }),
    ...((plain || call.name === 'print') && { trigger: () => trigger }),
  };
}

function eventDirectory(array: TraceArray, system: string, name: string): TraceDir | undefined {
  const file = array.eventFile(system, name);
  if (!file) return undefined;
  const files = eventFiles(file);
  return {
    kind: 'dir',
    mode: Mode.EVENT_DIR,
    names: () => (isGone(file) ? [] : Object.keys(files)),
    get: (child) => (!isGone(file) && Object.hasOwn(files, child) ? files[child]!() : undefined),
    links: () => 1,
    anyLength: true,
    passing: file.call !== array.tracing.events.statics.get(system, name),
    identity: file,
  };
}
