import { Errno } from '../abi/errno.ts';
import type { TraceEventFile } from '../trace/event-file.ts';
import { isTraceClock } from '../trace/trace-clock.ts';
import type { HistAttributes } from './hist-attributes.ts';
import type { HistData } from './hist-data.ts';
import { matchesHist } from './hist-match.ts';
import type { HistTrigger } from './hist-trigger.ts';
import { histsOf, isReferredTo } from './hist-variables.ts';

/** The trigger that owns the counts of the name that a histogram has, if it has one. */
function namedOwner({ kernel, attributes }: HistData): HistTrigger | undefined {
  return attributes.name === undefined ? undefined : kernel.findNamed(attributes.name);
}

/** The histogram of an event that a command means. */
function findMeant(trigger: HistTrigger, owner: HistTrigger | undefined): HistTrigger | undefined {
  return histsOf(trigger.hist.file).find((other) => matchesHist(trigger, other, owner, false));
}

/** Whether `pause`, `cont` or `clear` is for a histogram that is there: then that is done (`existing_hist_update_only()`). */
export function updateExisting(trigger: HistTrigger): boolean {
  const { hist } = trigger;
  const { pause, cont, clear, name } = hist.attributes;
  if (!pause && !cont && !clear) return false;
  const owner = namedOwner(hist);
  if (name !== undefined && (!owner || !matchesHist(trigger, owner, owner, true))) return false;
  const existing = findMeant(trigger, owner);
  if (!existing) return false;
  if (pause || cont) existing.paused = pause;
  else existing.clear();
  return true;
}

/**
 * Removes the histogram that a command means; none is no error.
 * @returns 0, or −EBUSY while another one refers to its variables
 */
export function removeMeant(trigger: HistTrigger): number {
  const existing = findMeant(trigger, namedOwner(trigger.hist));
  if (!existing) return 0;
  if (isReferredTo(existing.hist)) return -Errno.EBUSY;
  removeTrigger(trigger.hist.file, existing);
  return 0;
}

function removeTrigger(file: TraceEventFile, trigger: HistTrigger): void {
  file.triggers.remove(trigger);
  if (trigger.hist.enableTimestamps) file.array.noFilterBuffering--;
  countSynthUser(trigger.hist, file, -1);
}

/** Removes all histograms of an event, unless another one refers to a variable of one (`hist_unreg_all()`). */
export function removeAllHists(file: TraceEventFile): void {
  const triggers = histsOf(file);
  if (triggers.some(({ hist }) => isReferredTo(hist))) return;
  for (const trigger of triggers) removeTrigger(file, trigger);
}

/** A histogram on an event counts as a user of the synthetic event of that name. */
function countSynthUser({ kernel }: HistData, file: TraceEventFile, by: number): void {
  const synth = kernel.synthetic.find(file.call.name);
  if (synth) synth.refs += by;
}

/** Sets the clock that a histogram with timestamps wants. Returns 0 or −EINVAL. */
function setClock({ kernel, file }: HistData, { clock }: HistAttributes): number {
  if (!isTraceClock(clock)) {
    kernel.log.add(file.array, 'SET_CLOCK_FAIL', clock);
    return -Errno.EINVAL;
  }
  file.array.setClock(clock);
  return 0;
}

/** Puts a histogram to work (`hist_register_trigger()`, `hist_trigger_enable()`). Returns 0 or a negative errno. */
export function registerHist(trigger: HistTrigger): number {
  const { hist } = trigger;
  const { file, kernel, attributes, enableTimestamps } = hist;
  const { array } = file;
  const owner = namedOwner(hist);
  if (owner && !matchesHist(trigger, owner, owner, true)) {
    kernel.log.add(array, 'NAMED_MISMATCH', attributes.name);
    return -Errno.EINVAL;
  }
  if ((owner || attributes.name === undefined) && findMeant(trigger, owner)) {
    kernel.log.add(array, 'TRIGGER_EEXIST');
    return -Errno.EEXIST;
  }
  if (attributes.cont || attributes.clear) {
    kernel.log.add(array, 'TRIGGER_ENOENT_CLEAR');
    return -Errno.ENOENT;
  }
  trigger.paused = attributes.pause;
  if (enableTimestamps) {
    const ret = setClock(hist, attributes);
    if (ret < 0) return ret;
  }
  trigger.begin(owner);
  if (enableTimestamps) array.noFilterBuffering++;
  const ret = file.triggers.add(trigger, 'last');
  if (ret < 0) {
    if (enableTimestamps) array.noFilterBuffering--;
    trigger.free();
    return ret;
  }
  countSynthUser(hist, file, 1);
  return 0;
}
