import { Errno } from '../abi/errno.ts';
import type { TracerName } from '../abi/trace-options.ts';
import type { Machine } from '../machine/machine.ts';
import { EventRegistry, type StaticEventTable } from './event-registry.ts';
import type { FilterEnvironment } from './filter-predicate.ts';
import { bytesText } from './print-fields.ts';
import { SavedCmdlines } from './saved-cmdlines.ts';
import { StackTraces } from './stack-trace.ts';
import { TraceArray } from './trace-array.ts';
import { TraceClocks } from './trace-clock.ts';
import type { TraceSeqContext } from './trace-seq.ts';
import { SILENT_TRACERS, type Tracer, type TracerLines } from './tracer.ts';
import type { TriggerCommand } from './trigger-command.ts';
import { ENABLE_TRIGGERS } from './trigger-enable.ts';
import { SIMPLE_TRIGGERS } from './trigger-simple.ts';

/** The tracing side of one machine: events, trace arrays, and what these share. */
export class Tracing {
  readonly machine: Machine;
  /** `uname -r` of the kernel. */
  readonly release: string;
  readonly events: EventRegistry;
  readonly cmdlines = new SavedCmdlines();
  readonly clocks: TraceClocks;
  readonly stackTraces: StackTraces;
  /** By cpu: records that lie aside, on the one page that it has for that, until they are wanted. */
  readonly recordsAside: Uint8Array;
  /** What filters look up in the machine. */
  readonly filterEnvironment: FilterEnvironment;
  /** What printers look up in the machine. */
  readonly printContext: TraceSeqContext;
  /** The trace array of the tracefs root (`global_trace`). */
  readonly top: TraceArray;
  /** What `trigger` files know, in the order in which they list it. */
  readonly triggerCommands: TriggerCommand[] = [...SIMPLE_TRIGGERS, ...ENABLE_TRIGGERS];
  /** What the tracers do; one that is not here does nothing. */
  readonly tracers = new Map<TracerName, Tracer>(SILENT_TRACERS);
  /** How records that only a tracer can print are printed while another is current, by their type. */
  readonly tracerRecords = new Map<number, (array: TraceArray) => TracerLines>();
  /** Told of instances that are removed. */
  readonly arrayListeners: { going(array: TraceArray): void }[] = [];
  /** Options of tracers, which all trace arrays share, by name. */
  readonly tracerOptions = new Map<string, boolean>();
  /** Content of `tracing_thresh`, nanoseconds. */
  threshold = 0n;
  /** Content of `stack_max_size`, bytes. */
  stackMaxSize = 0n;
  /** The trace array that `trace_printk()` writes to. */
  printkArray: TraceArray;
  /** Trace arrays that get the markers of the top level (`copy_trace_marker`), the latest to want them first. */
  readonly markerArrays: TraceArray[];

  constructor(machine: Machine, release: string, statics: StaticEventTable) {
    this.machine = machine;
    this.release = release;
    this.events = new EventRegistry(statics);
    this.stackTraces = new StackTraces(machine.cpus.length);
    this.recordsAside = new Uint8Array(machine.cpus.length);
    this.clocks = new TraceClocks(machine.clock);
    this.filterEnvironment = {
      nrCpus: machine.cpus.length,
      lookupName: (name) => machine.kallsyms.lookupName(name),
      symbolAt: (address) => machine.kallsyms.at(address),
      readString: (cpu, lo, hi, user, dest, max) =>
        (user ? cpu.current.user : machine.memory)?.copyString(lo, hi, max, dest, 0) ?? -Errno.EFAULT,
    };
    const symbols = new SymbolNames(machine);
    this.printContext = {
      symbol: (lo, hi, withOffset) => symbols.name(lo, hi, withOffset),
      comm: (pid) => this.cmdlines.comm(pid),
      kernelString: (lo, hi) => kernelString(machine, lo, hi),
    };
    this.top = new TraceArray(this, '');
    this.printkArray = this.top;
    this.markerArrays = [this.top];
    machine.taskListeners.push({
      forked: (task) => {
        for (const array of this.arrays) array.followFork(task.parent?.pid, task.pid);
      },
      exited: (task) => {
        for (const array of this.arrays) array.followExit(task.pid);
      },
      switched: (cpu, from, to) => this.cmdlines.noteSwitch(cpu.id, from, to),
    });
  }

  /** Somebody waits until no record is under way any more: every cpu switches tasks meanwhile (`synchronize_rcu()`). */
  synchronize(): void {
    for (const cpu of this.machine.cpus) this.cmdlines.noteSwitch(cpu.id, cpu.current, cpu.idle);
  }

  /** All trace arrays, the top level first. */
  get arrays(): readonly TraceArray[] {
    return this.events.arrays;
  }

  /** The instance of this name. */
  instance(name: string): TraceArray | undefined {
    return name === '' ? undefined : this.arrays.find((array) => array.name === name);
  }
}

/** Longest string printed from behind a pointer, in bytes with its terminator. */
const MAX_STRING = 1024;

/** Where such strings are copied to, one after the other. */
const stringBytes = new Uint8Array(MAX_STRING);

function kernelString(machine: Machine, lo: number, hi: number): string | undefined {
  const length = machine.memory.copyString(lo, hi, MAX_STRING, stringBytes, 0);
  return length < 0 ? undefined : bytesText(stringBytes, 0, length);
}

/** Remembers the symbols of addresses that were printed. */
class SymbolNames {
  readonly #machine: Machine;
  /** By the address's high half, then its low half times two plus one with the offset. */
  readonly #known = new Map<number, Map<number, string | undefined>>();

  constructor(machine: Machine) {
    this.#machine = machine;
    machine.functionListeners.push({ coming: () => this.#known.clear(), going: () => this.#known.clear() });
  }

  name(lo: number, hi: number, withOffset: boolean): string | undefined {
    let page = this.#known.get(hi);
    if (!page) {
      page = new Map();
      this.#known.set(hi, page);
    }
    const key = lo * 2 + (withOffset ? 1 : 0);
    const known = page.get(key);
    if (known !== undefined || page.has(key)) return known;
    const address = (BigInt(hi) << 32n) | BigInt(lo);
    const symbol = this.#machine.kallsyms.at(address);
    const name = symbol && (withOffset ? this.#machine.kallsyms.symbolAt(address) : symbol.name);
    page.set(key, name);
    return name;
  }
}
