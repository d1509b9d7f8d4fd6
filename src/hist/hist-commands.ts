import { Errno } from '../abi/errno.ts';
import { strip } from '../trace/ctype.ts';
import type { TraceEventFile } from '../trace/event-file.ts';
import type { Tracing } from '../trace/tracing.ts';
import { parseTriggerFilter } from '../trace/trigger-command.ts';
import { type SwitchAction, switchCommand } from '../trace/trigger-enable.ts';
import { TriggerType } from '../trace/triggers.ts';
import { createActions, releaseActions } from './create-actions.ts';
import { createHist } from './create-hist.ts';
import { parseAttributes } from './hist-attributes.ts';
import type { HistData } from './hist-data.ts';
import { HistKernel } from './hist-kernel.ts';
import { registerHist, removeAllHists, removeMeant, updateExisting } from './hist-register.ts';
import { HistTrigger } from './hist-trigger.ts';
import { hasVariables } from './hist-variables.ts';

/** What stands behind `hist:`, apart from the filter. */
interface HistParams {
  readonly words: string;
  readonly filter: string | undefined;
}

const isBlank = (char: string | undefined) => char === ' ' || char === '\t';

/** Finds the filter: the first `if` between blanks. A command that begins or ends with one is none. */
function separateHistFilter(params: string): HistParams | undefined {
  for (let at = params.indexOf('if'); at >= 0; at = params.indexOf('if', at + 1)) {
    if (at === 0) return undefined;
    if (!isBlank(params[at - 1])) continue;
    if (at >= params.length - 3) return undefined;
    if (isBlank(params[at + 2])) return { words: strip(params.slice(0, at - 1)), filter: strip(params.slice(at)) };
  }
  return { words: params, filter: undefined };
}

/** Sets or removes the histogram that a command means (`event_hist_trigger_parse()`). Returns 0 or a negative errno. */
function runHist(kernel: HistKernel, file: TraceEventFile, params: string | undefined, remove: boolean): number {
  const { log } = kernel;
  log.begin(file, params);
  const ret = params === undefined ? -Errno.EINVAL : parseHist(kernel, file, params, remove);
  if (ret === 0) log.end();
  return ret;
}

function parseHist(kernel: HistKernel, file: TraceEventFile, params: string, remove: boolean): number {
  const separated = separateHistFilter(params);
  if (!separated) return -Errno.EINVAL;
  // A minus would be an operator.
  const words = separated.words.replaceAll('.sym-offset', '.symXoffset');
  const attributes = parseAttributes(words, file.array, kernel.log);
  if (typeof attributes === 'number') return attributes;
  const hist = createHist(kernel, file, attributes, remove);
  if (typeof hist === 'number') return hist;
  const filter = parseTriggerFilter(file, separated.filter);
  if (typeof filter === 'number') return filter;
  const trigger = new HistTrigger(hist, filter, release);
  if (remove) return removeMeant(trigger);
  if (updateExisting(trigger)) return 0;
  const ret = setHist(trigger);
  if (ret < 0) abandon(hist);
  return ret;
}

function setHist(trigger: HistTrigger): number {
  const { hist } = trigger;
  const { kernel } = hist;
  const ret = createActions(hist, (file, params) => parseHist(kernel, file, params, false));
  if (ret < 0) return ret;
  if (hist.fields.some((field) => hasVariables(field)) || hist.varRefs.length > 0) kernel.noteVariables(hist);
  hist.allocate();
  const registered = registerHist(trigger);
  if (registered === 0 && trigger.hist !== hist) abandon(hist);
  return registered;
}

/** A histogram that was not taken goes; those that it gave other events stay. */
function abandon(hist: HistData): void {
  hist.kernel.forgetVariables(hist);
  releaseActions(hist);
}

/** A histogram goes that nobody counts in any more, and those that it gave other events. */
function release(hist: HistData): void {
  abandon(hist);
  for (const { file, params } of hist.fieldVarHists) runHist(hist.kernel, file, params, true);
}

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
export function addHistTriggers(tracing: Tracing): HistKernel {
  const kernel = new HistKernel(tracing);
  tracing.triggerCommands.push(switchCommand(switching(true)), switchCommand(switching(false)), {
    name: 'hist',
    set: (file, params) => runHist(kernel, file, params, false),
    remove: (file, params) => runHist(kernel, file, params, true),
    removeAll: removeAllHists,
  });
  return kernel;
}
