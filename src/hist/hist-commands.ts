import { Errno } from '../abi/errno.ts';
import type { TraceEventFile } from '../trace/event-file.ts';
import type { Tracing } from '../trace/tracing.ts';
import { type SwitchAction, switchCommand } from '../trace/trigger-enable.ts';
import { TriggerType } from '../trace/triggers.ts';

/** Lets the histograms of an event count hits, or not. */
function setPaused(file: TraceEventFile, paused: boolean): void {
  for (const trigger of file.triggers) if (trigger.type === TriggerType.EVENT_HIST) trigger.paused = paused;
}

const switching = (on: boolean): SwitchAction => ({
  name: on ? 'enable_hist' : 'disable_hist',
  type: TriggerType.HIST_ENABLE,
  on,
  // Each hit counts, whatever the histograms do.
  isSet: () => false,
  run: (target) => setPaused(target, !on),
});

/** Teaches the `trigger` files of a kernel `enable_hist`, `disable_hist` and `hist` (`kernel/trace/trace_events_hist.c`). */
export function addHistTriggers(tracing: Tracing): void {
  tracing.triggerCommands.push(switchCommand(switching(true)), switchCommand(switching(false)), {
    name: 'hist',
    set: () => -Errno.EINVAL,
    remove: () => -Errno.EINVAL,
  });
}
