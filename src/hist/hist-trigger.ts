import type { Cpu } from '../machine/cpu.ts';
import type { RecordWriter } from '../trace/record.ts';
import type { TriggerFilter } from '../trace/trigger-command.ts';
import { type Trigger, TriggerType } from '../trace/triggers.ts';
import type { HistData } from './hist-data.ts';
import { hitHist } from './hist-hit.ts';
import { histTriggerText } from './hist-spec.ts';
import { histText } from './hist-text.ts';

/** A `hist` trigger of an event. Several with one name share the counts of the first, who owns them. */
export class HistTrigger implements Trigger {
  readonly type = TriggerType.EVENT_HIST;
  readonly time = 'with-record';
  readonly filter: Trigger['filter'];
  readonly filterText: string | undefined;
  paused = false;
  /** `name=NAME`, once it counts under one. */
  name: string | undefined = undefined;
  /** Whose counts it shares. */
  owner: HistTrigger | undefined = undefined;
  /** Triggers that count here, itself included. */
  #users = 0;
  #hist: HistData;
  readonly #release: (hist: HistData) => void;

  /** @param release told when nobody counts there any more */
  constructor(hist: HistData, filter: TriggerFilter | undefined, release: (hist: HistData) => void) {
    this.#hist = hist;
    this.filter = filter?.match;
    this.filterText = filter?.text;
    this.#release = release;
  }

  get hist(): HistData {
    return this.#hist;
  }

  /** It goes to work, under its name if it has one, with the counts of the owner of that name if there is one. */
  begin(owner: HistTrigger | undefined): void {
    const { named } = this.#hist.kernel;
    const { name } = this.#hist.attributes;
    if (owner) {
      this.#hist = owner.#hist;
      this.owner = owner;
      owner.#users++;
    }
    if (name !== undefined) {
      this.name = name;
      named.unshift(this);
    }
    this.#users++;
  }

  run(cpu: Cpu, record: RecordWriter | undefined): void {
    if (record) hitHist(this.#hist, cpu, record);
  }

  /** Forgets its counts (`hist_clear()`). */
  clear(): void {
    const { kernel, map } = this.#hist;
    kernel.tracing.synchronize();
    map.clear();
  }

  text(): string {
    return histTriggerText(this);
  }

  histText(): string {
    return histText(this);
  }

  free(): void {
    if (this.owner) this.owner.#drop();
    this.#drop();
  }

  #drop(): void {
    if (--this.#users > 0) return;
    const { named } = this.#hist.kernel;
    if (this.name !== undefined) named.splice(named.indexOf(this), 1);
    this.name = undefined;
    if (!this.owner) this.#release(this.#hist);
  }
}
