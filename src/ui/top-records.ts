import { RecordRef } from '../ring-buffer/index.ts';
import { secondsAndMicros } from '../trace/error-log.ts';
import { type TraceArray, type TraceEventCall, TraceSeq } from '../trace/index.ts';
import { recordPid, recordType } from '../trace/record.ts';
import { TraceLinePrinter } from '../trace/trace-line.ts';
import { RecordFollower } from './record-follower.ts';

/** Records that the stream remembers. */
const KEPT = 2000;
/** Samples that the trend of an event has. */
const SAMPLES = 120;
/** Samples that a rate is taken over. */
const RATE_SAMPLES = 10;

/** What was seen of one event. */
interface EventCount {
  hits: number;
  /** Hits up to the last sample. */
  sampled: number;
  /** Hits by sample, the newest last. */
  readonly trend: number[];
  last: RecordRef | undefined;
}

function copyOf(rec: RecordRef): RecordRef {
  const copy = new RecordRef();
  copy.bytes = rec.bytes.slice(rec.base, rec.base + rec.size);
  copy.view = new DataView(copy.bytes.buffer);
  copy.size = rec.size;
  copy.cpu = rec.cpu;
  copy.timestamp = rec.timestamp;
  return copy;
}

/** Counts the records of a trace array by event as they come, and remembers the last of them. */
export class TopRecords {
  readonly #array: TraceArray;
  readonly #follower: RecordFollower;
  readonly #counts = new Map<TraceEventCall, EventCount>();
  /** Length of each sample in nanoseconds, the newest last. */
  readonly #times: number[] = [];
  readonly #kept: RecordRef[] = [];
  /** Records seen. */
  seen = 0;
  /** Records that were overwritten before they were seen. */
  lost = 0;

  constructor(array: TraceArray) {
    this.#array = array;
    this.#follower = new RecordFollower(array);
  }

  /** Takes note of what was recorded since the last time. */
  follow(): void {
    const { events } = this.#array.tracing;
    this.lost += this.#follower.follow((rec) => {
      this.seen++;
      const copy = copyOf(rec);
      this.#kept.push(copy);
      const call = events.byId(recordType(rec));
      if (call === undefined) return;
      const count = this.#count(call);
      count.hits++;
      count.last = copy;
    });
    if (this.#kept.length > 2 * KEPT) this.#kept.splice(0, this.#kept.length - KEPT);
  }

  /** Ends a sample that was so many nanoseconds long. */
  sample(ns: number): void {
    this.#times.push(ns);
    if (this.#times.length > SAMPLES) this.#times.shift();
    for (const count of this.#counts.values()) {
      count.trend.push(count.hits - count.sampled);
      count.sampled = count.hits;
      if (count.trend.length > SAMPLES) count.trend.shift();
    }
  }

  hits(call: TraceEventCall): number {
    return this.#counts.get(call)?.hits ?? 0;
  }

  trend(call: TraceEventCall): readonly number[] {
    return this.#counts.get(call)?.trend ?? [];
  }

  /** Hits a second, over the last samples. */
  rate(call: TraceEventCall): number {
    const hits = this.trend(call).slice(-RATE_SAMPLES);
    const ns = this.#times.slice(-RATE_SAMPLES).reduce((sum, each) => sum + each, 0);
    return ns === 0 ? 0 : (hits.reduce((sum, each) => sum + each, 0) * 1e9) / ns;
  }

  /** The values of an event's last record as `trace` prints them; where it was hit, when it has none. */
  lastValues(call: TraceEventCall): string {
    const last = this.#counts.get(call)?.last;
    if (last === undefined) return '';
    const { values, place } = this.#parts(call, last);
    return values === '' ? place : values;
  }

  /**
   * The last records as lines, the newest last: those whose line in `trace` `wanted` takes, without the `skip` newest.
   * @param compact shorter lines than those of `trace`: values come before the place
   */
  lines(count: number, skip: number, wanted: (line: string) => boolean, compact: boolean): string[] {
    const printer = new TraceLinePrinter(this.#array);
    const found: string[] = [];
    let left = skip;
    for (let i = this.#kept.length - 1; i >= 0 && found.length < count; i--) {
      const rec = this.#kept[i]!;
      const line = utf8(printer.line(rec, { index: i, nextTime: rec.timestamp })).trimEnd();
      if (wanted(line) && left-- <= 0) found.push(compact ? this.#compact(rec) : line);
    }
    return found.reverse();
  }

  #compact(rec: RecordRef): string {
    const { events, cmdlines } = this.#array.tracing;
    const call = events.byId(recordType(rec));
    const pid = recordPid(rec);
    const { values, place } = call === undefined ? { values: '', place: '' } : this.#parts(call, rec);
    const task = `${utf8(cmdlines.comm(pid))}-${pid}`;
    const time = secondsAndMicros(rec.timestamp).trimStart();
    return `${time} ${task.padEnd(12)} ${call?.name ?? '?'} ${values}${values === '' || place === '' ? '' : ' '}${place}`;
  }

  /** The values and the place that a record prints; all is values where there is no place in brackets. */
  #parts(call: TraceEventCall, rec: RecordRef): { values: string; place: string } {
    const seq = new TraceSeq(this.#array.tracing.printContext);
    call.print(rec, seq);
    const text = utf8(seq.text).slice(call.name.length + 2);
    const place = /^\([^)]*\)/.exec(text)?.[0] ?? '';
    return { values: text.slice(place.length).trim(), place };
  }

  /** Forgets an event that is removed. */
  forget(call: TraceEventCall): void {
    this.#counts.delete(call);
  }

  #count(call: TraceEventCall): EventCount {
    let count = this.#counts.get(call);
    if (count === undefined) {
      count = { hits: 0, sampled: 0, trend: [], last: undefined };
      this.#counts.set(call, count);
    }
    return count;
  }
}

/** Text that holds one character a byte, as the bytes' UTF-8; what would move the cursor is shown as a dot. */
function utf8(bytes: string): string {
  const text = new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
  return text.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, '·');
}
