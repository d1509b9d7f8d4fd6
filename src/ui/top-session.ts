import { errnoName, errnoText } from '../abi/errno.ts';
import { ProbeEvent } from '../dynevent/index.ts';
import { type SnapshotTask, StackWatch } from '../fprobe/index.ts';
import type { TraceEventCall } from '../trace/index.ts';
import type { SimulatedKernel } from '../tracefs/index.ts';
import { Replay, type Workload } from '../workload/index.ts';
import { ProbeNames } from './probe-names.ts';
import { lastRefusal, placeIn } from './refusal-place.ts';
import type { PromptRefusal } from './top-prompt.ts';
import { TopRecords } from './top-records.ts';

/** Steps of a workload between two looks at the buffer: fewer records than it holds. */
const STEPS_AT_A_TIME = 2000;

/** A probe as it is watched. */
export interface TopProbe {
  /** `GROUP/EVENT`. */
  readonly path: string;
  readonly enabled: boolean;
  readonly hits: number;
  /** Hits a second of simulated time. */
  readonly rate: number;
  readonly missed: number;
  /** Hits by sample, the newest last. */
  readonly trend: readonly number[];
  /** Values of the last record. */
  readonly last: string;
  /** Its line of `dynamic_events`; of several probes the first. */
  readonly definition: string;
  /** Its filter, empty for none. */
  readonly filter: string;
}

/** A cpu as it is watched. */
export interface TopCpu {
  readonly id: number;
  /** `COMM-PID` of the task that runs. */
  readonly task: string;
  readonly entries: number;
  readonly overrun: number;
  /** Bytes of events in its buffer, and how many it holds. */
  readonly bytes: number;
  readonly size: number;
}

/** A task as it is watched. */
interface TopTask {
  readonly pid: number;
  readonly comm: string;
  /** Words of its shadow stack in use. */
  readonly words: number;
}

/** What there is to see at a moment. */
export interface TopSnapshot {
  readonly workload: string;
  readonly release: string;
  /** Nanoseconds of this run, and how long it is. */
  readonly time: number;
  readonly duration: number;
  /** Number of this run, from 1. */
  readonly run: number;
  readonly done: boolean;
  readonly probes: readonly TopProbe[];
  readonly cpus: readonly TopCpu[];
  /** Tasks with a shadow stack, by pid. */
  readonly tasks: readonly TopTask[];
  /** Records seen, and records overwritten before they could be. */
  readonly records: number;
  readonly lost: number;
}

/** A shadow stack, and whether it is as it is now or the deepest that was seen. */
export interface TopStack {
  readonly task: SnapshotTask;
  readonly live: boolean;
}

/** What the kernel says against a command: its errno, and the entry of `error_log` when it makes one. */
export interface TopRefusal extends PromptRefusal {
  readonly ret: number;
  readonly error: ReturnType<typeof lastRefusal>;
}

/** A kernel with live probes under a workload: what `fprobe top` shows and does, without a screen. Its time passes when it is told so. */
export class TopSession {
  readonly kernel: SimulatedKernel;
  readonly names: ProbeNames;
  readonly #workload: Workload;
  readonly #seed: number;
  readonly #records: TopRecords;
  /** Of each task that had frames, its shadow stack when it was deepest. */
  readonly #deepest = new Map<number, SnapshotTask>();
  #replay!: Replay;
  #run = 0;
  /** When the run began, and up to when it has come: nanoseconds since boot. */
  #start = 0;
  #now = 0;

  /** The kernel's probes have been defined already; they are enabled here. */
  constructor(kernel: SimulatedKernel, workload: Workload, seed = 0) {
    this.kernel = kernel;
    this.names = new ProbeNames(kernel);
    this.#workload = workload;
    this.#seed = seed;
    this.#records = new TopRecords(kernel.tracing.top);
    for (const call of kernel.tracing.events.dynamicEvents) this.enable(pathOf(call), true);
    new StackWatch(kernel.ftrace, kernel.fprobes, { fn: undefined, phase: 'body' }, (cpu) =>
      this.#noteDepth(cpu.current.pid),
    );
    this.restart();
  }

  /** Runs the workload from its start; what is under way ends. */
  restart(): void {
    const { tracefs, machine } = this.kernel;
    if (this.#run > 0) this.#replay.stop();
    this.#replay = new Replay(this.kernel, this.#workload, { seed: this.#seed });
    tracefs.write('tracing_on', '0\n');
    this.#replay.start(true);
    tracefs.write('tracing_on', '1\n');
    this.#run++;
    this.#start = this.#now = machine.clock.now;
  }

  get done(): boolean {
    return this.#replay.done;
  }

  /** Lets simulated time pass. */
  advance(ns: number): void {
    if (this.done) return;
    this.#now = Math.max(this.#now, this.kernel.machine.clock.now) + ns;
    for (;;) {
      const before = this.#replay.steps;
      this.#replay.run({ until: this.#now, steps: STEPS_AT_A_TIME });
      this.#records.follow();
      if (this.done || this.#replay.steps < before + STEPS_AT_A_TIME) break;
    }
    this.#records.sample(ns);
  }

  /** Runs to the next record, or to the end. */
  step(): void {
    const before = this.#records.seen;
    const start = this.kernel.machine.clock.now;
    while (!this.done && this.#records.seen === before) {
      this.#replay.run({ steps: 1 });
      this.#records.follow();
    }
    this.#now = this.kernel.machine.clock.now;
    this.#records.sample(this.#now - start);
  }

  /** Defines a probe, or removes one, by a line as `dynamic_events` takes it, and enables what is new. Tells why when it is refused. */
  define(line: string): TopRefusal | undefined {
    const { tracefs, tracing } = this.kernel;
    const before = new Set(tracing.events.dynamicEvents);
    const refusal = this.#write('dynamic_events', line);
    for (const call of before) if (!new Set(tracing.events.dynamicEvents).has(call)) this.#records.forget(call);
    for (const call of tracing.events.dynamicEvents) {
      if (!before.has(call)) tracefs.write(`events/${pathOf(call)}/enable`, '1\n');
    }
    return refusal;
  }

  /** Disables and removes an event. */
  remove(path: string): TopRefusal | undefined {
    this.enable(path, false);
    return this.define(`-:${path}`);
  }

  /** Enables or disables an event. */
  enable(path: string, on: boolean): void {
    this.kernel.tracefs.write(`events/${path}/enable`, on ? '1\n' : '0\n');
  }

  /** Sets the filter of an event; an empty one takes it away. A refused one leaves what was there. */
  filter(path: string, text: string): TopRefusal | undefined {
    const file = `events/${path}/filter`;
    const before = this.#filterOf(path);
    const refusal = this.#write(file, text.trim() === '' ? '0' : text);
    if (refusal !== undefined) this.kernel.tracefs.write(file, `${before || '0'}\n`);
    return refusal;
  }

  /** What there is to see now. */
  snapshot(): TopSnapshot {
    const { tracing, machine, fgraph } = this.kernel;
    const { buffer } = tracing.top;
    const duration = this.#workload.stepTime.at(-1) ?? 0;
    return {
      workload: this.#workload.name,
      release: this.kernel.profile.release,
      time: this.done ? duration : Math.min(this.#now - this.#start, duration),
      duration,
      run: this.#run,
      done: this.done,
      probes: [...tracing.events.dynamicEvents].map((call) => this.#probe(call)),
      cpus: machine.cpus.map(({ id, current }) => {
        const { entries, overrun, bytes } = buffer.stats(id);
        return { id, task: `${current.comm}-${current.pid}`, entries, overrun, bytes, size: buffer.size(id) };
      }),
      tasks: machine.tasks
        .filter((task) => task.pid !== 0 && fgraph.stackOf(task) !== undefined)
        .map((task) => ({ pid: task.pid, comm: task.comm, words: fgraph.stackOf(task)!.current }))
        .sort((a, b) => a.pid - b.pid),
      records: this.#records.seen,
      lost: this.#records.lost,
    };
  }

  /** The shadow stack of a task: as it is now, or when that is empty the deepest that it had. Without pid that of a task that has one. */
  stack(pid: number | undefined): TopStack | undefined {
    const live = this.names.snapshot().tasks;
    const task = pid === undefined ? live[0] : live.find((each) => each.pid === pid);
    if (task !== undefined) return { task, live: true };
    const past = [...this.#deepest.values()].sort((a, b) => b.current - a.current);
    const deepest = pid === undefined ? past[0] : this.#deepest.get(pid);
    return deepest && { task: deepest, live: false };
  }

  /** The last records as lines of `trace`; see {@link TopRecords.lines}. */
  lines(count: number, skip: number, wanted: (line: string) => boolean, compact: boolean): string[] {
    return this.#records.lines(count, skip, wanted, compact);
  }

  #probe(call: TraceEventCall): TopProbe {
    const probes = [...this.kernel.dynamicEvents].filter((event) => event instanceof ProbeEvent && event.call === call);
    return {
      path: pathOf(call),
      enabled: this.kernel.tracing.top.eventFileOf(call).enabled,
      hits: this.#records.hits(call),
      rate: this.#records.rate(call),
      missed: probes.reduce((sum, { nmissed = 0 }) => sum + nmissed, 0),
      trend: this.#records.trend(call),
      last: this.#records.lastValues(call),
      definition: probes[0]?.show().trimEnd() ?? '',
      filter: this.#filterOf(pathOf(call)),
    };
  }

  #filterOf(path: string): string {
    const [system = '', name = ''] = path.split('/');
    return this.kernel.tracing.top.eventFile(system, name)?.filter?.text ?? '';
  }

  /** Appends a line to a file; of a refusal, what the kernel says of it. */
  #write(file: string, text: string): TopRefusal | undefined {
    const { tracefs } = this.kernel;
    tracefs.write('error_log', '');
    const ret = tracefs.append(file, `${Buffer.from(text, 'utf8').toString('latin1')}\n`);
    if (ret >= 0) return undefined;
    const error = lastRefusal(String(tracefs.read('error_log')));
    if (error === undefined) return { text: `${errnoName(ret)} (${errnoText(ret)})`, at: 0, ret, error };
    // Of definitions the log has the words, joined by single spaces; of filters the text.
    const at = error.subsystem === 'trace_fprobe' ? placeIn(text, error.position) : error.position;
    return { text: error.text, at, ret, error };
  }

  #noteDepth(pid: number): void {
    const task = this.kernel.machine.findTask(pid);
    const words = task === undefined ? 0 : (this.kernel.fgraph.stackOf(task)?.current ?? 0);
    if (words <= (this.#deepest.get(pid)?.current ?? 0)) return;
    const found = this.names.snapshot().tasks.find((each) => each.pid === pid);
    if (found !== undefined) this.#deepest.set(pid, found);
  }
}

const pathOf = ({ system, name }: TraceEventCall): string => `${system}/${name}`;
