import { Errno } from '../abi/errno.ts';
import { EventFileFlag } from '../abi/event-file-flags.ts';
import type { TraceEventFile } from '../trace/event-file.ts';
import { kstrtoull } from '../trace/kstrtox.ts';
import type { ProbeKind } from './array-functions.ts';
import type { FunctionCommand } from './function-commands.ts';

/** An event that a command switches, at all the functions that it was written for (`struct event_probe_data`). */
interface SwitchedEvent {
  readonly file: TraceEventFile;
  /** How often it is to be switched yet, −1 for always. */
  left: bigint;
  /** Functions where it is. */
  refs: number;
}

function isEnabled({ file }: SwitchedEvent): boolean {
  return (file.flags & EventFileFlag.SOFT_DISABLED) === 0;
}

function setEnabled({ file }: SwitchedEvent, on: boolean): void {
  if (on) file.flags &= ~EventFileFlag.SOFT_DISABLED;
  else file.flags |= EventFileFlag.SOFT_DISABLED;
}

/** The last function lets go: the event leaves its soft mode, on or off as it is now. */
function release(event: SwitchedEvent): void {
  event.file.setEnabled(false, true);
  event.file.call.refcnt--;
}

function eventKind(name: string, run: (event: SwitchedEvent) => void): ProbeKind {
  return {
    run: (_array, _cpu, state) => run(state as SwitchedEvent),
    text: (state) => {
      const { file, left } = state as SwitchedEvent;
      return `${name}:${file.call.system}:${file.call.name}:${left === -1n ? 'unlimited' : `count=${left}`}`;
    },
    init: (value) => {
      (value as SwitchedEvent).refs++;
      return value;
    },
    free: (state) => {
      const event = state as SwitchedEvent;
      if (--event.refs === 0) release(event);
    },
  };
}

/** `FUNCTIONS:NAME:SYSTEM:EVENT[:COUNT]` (`kernel/trace/trace_events.c:event_enable_func()`). */
function switchCommand(name: string, on: boolean): FunctionCommand {
  const endless = eventKind(name, (event) => setEnabled(event, on));
  const counted = eventKind(name, (event) => {
    if (event.left === 0n || isEnabled(event) === on) return;
    if (event.left !== -1n) event.left--;
    setEnabled(event, on);
  });
  return ({ functions, word, param, toFilter }) => {
    if (!functions) return -Errno.ENODEV;
    const [system = '', name, number] = param?.split(':') ?? [];
    if (!toFilter || name === undefined) return -Errno.EINVAL;
    const file = functions.array.eventFile(system, name);
    if (!file || file.call.ignoreEnable) return -Errno.EINVAL;
    const kind = number === undefined ? endless : counted;
    if (word.startsWith('!')) return functions.removeProbe(kind, word.slice(1));
    const count = number === undefined ? { value: -1n } : kstrtoull(number, 0);
    if (count.errno !== undefined) return count.errno;
    const event: SwitchedEvent = { file, left: BigInt.asIntN(64, count.value), refs: 0 };
    const ret = file.setEnabled(true, true);
    if (ret < 0) return ret;
    file.call.refcnt++;
    const added = functions.addProbe(kind, word, event);
    if (added < 0) release(event);
    return added;
  };
}

/** Commands that switch events. */
export const EVENT_COMMANDS: readonly (readonly [string, FunctionCommand])[] = [
  ['enable_event', switchCommand('enable_event', true)],
  ['disable_event', switchCommand('disable_event', false)],
];
