import type { TraceArray } from '../trace/trace-array.ts';
import type { Tracing } from '../trace/tracing.ts';
import type { HistData } from './hist-data.ts';
import { HistLog } from './hist-errors.ts';
import { HitPads } from './hist-hit.ts';
import type { HistTrigger } from './hist-trigger.ts';
import { SynthEvents } from './synth-events.ts';

/** Bytes that the kernel has for such names; it does not stop there. */
const QUALIFIED_SIZE = 256;

/** What the histograms of a kernel share. */
export class HistKernel {
  readonly tracing: Tracing;
  readonly log = new HistLog();
  readonly pads: HitPads;
  /** Triggers with a name, the latest first; those that share the counts of an earlier one among them. */
  readonly named: HistTrigger[] = [];
  /** Events that they trace. */
  readonly synthetic: SynthEvents;
  #qualified = '';
  readonly #withVariables = new WeakMap<TraceArray, HistData[]>();

  constructor(tracing: Tracing) {
    this.tracing = tracing;
    this.synthetic = new SynthEvents(tracing);
    this.pads = new HitPads(tracing.machine.cpus.length);
  }

  /** Histograms of a trace array that have variables or refer to some, the latest first. */
  withVariables(array: TraceArray): readonly HistData[] {
    return this.#withVariables.get(array) ?? [];
  }

  /** Notes such a histogram (`save_hist_vars()`). */
  noteVariables(hist: HistData): void {
    const { array } = hist.file;
    const known = this.withVariables(array);
    if (known.includes(hist)) return;
    this.#withVariables.set(array, [hist, ...known]);
    array.holds++;
  }

  /** It goes. */
  forgetVariables(hist: HistData): void {
    const { array } = hist.file;
    const known = this.withVariables(array);
    if (!known.includes(hist)) return;
    this.#withVariables.set(
      array,
      known.filter((other) => other !== hist),
    );
    array.holds--;
  }

  /** The name of a variable with its event in front, behind those that were asked for before: the kernel never empties where it puts them. */
  qualify(name: string): string {
    const before = this.#qualified.length + name.length < QUALIFIED_SIZE ? this.#qualified : '';
    this.#qualified = before + name;
    return this.#qualified;
  }

  /** The trigger that owns the counts of a name (`find_named_trigger()`). */
  findNamed(name: string): HistTrigger | undefined {
    return this.named.find((trigger) => trigger.owner === undefined && trigger.name === name);
  }
}
