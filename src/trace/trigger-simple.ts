import { Errno } from '../abi/errno.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { TraceEventFile } from './event-file.ts';
import { takeSnapshotOfHit } from './snapshot.ts';
import { recordKernelStack } from './stack-trace.ts';
import {
  parseCount,
  parseTriggerFilter,
  separateFilter,
  type TriggerCommand,
  type TriggerFilter,
} from './trigger-command.ts';
import { type Trigger, type TriggerTime, TriggerType } from './triggers.ts';

/** What a simple trigger does. */
interface Action {
  readonly name: string;
  readonly type: number;
  readonly time: TriggerTime;
  /** Whether there is something to do: a hit that finds nothing to do is not counted. */
  wanted(file: TraceEventFile): boolean;
  /** Does it. */
  run(file: TraceEventFile, cpu: Cpu): void;
  /** Prepares for it. Returns 0 or a negative errno. */
  prepare?(file: TraceEventFile): number;
}

const isOn = (file: TraceEventFile) => file.array.buffer.isRecordSetOn;

const ACTIONS: readonly Action[] = [
  {
    name: 'traceon',
    type: TriggerType.TRACE_ONOFF,
    time: 'at-once',
    wanted: (file) => !isOn(file),
    run: (file) => file.array.buffer.setRecordOn(true),
  },
  {
    name: 'traceoff',
    type: TriggerType.TRACE_ONOFF,
    time: 'after-record',
    wanted: isOn,
    run: (file) => file.array.buffer.setRecordOn(false),
  },
  {
    name: 'snapshot',
    type: TriggerType.SNAPSHOT,
    time: 'at-once',
    wanted: () => true,
    run: (file, cpu) => takeSnapshotOfHit(file.array, cpu),
    prepare: (file) => file.array.allocateSnapshot(),
  },
  {
    name: 'stacktrace',
    type: TriggerType.STACKTRACE,
    time: 'after-record',
    wanted: () => true,
    run: (file, cpu) =>
      recordKernelStack({ array: file.array, buffer: file.array.buffer, cpu, own: 1 }, file.call, false),
  },
];

/** Counts the hits that a trigger runs for. */
export class HitCount {
  readonly #count: bigint;
  /** Most hits to run for: negative counts never come down to 0. */
  readonly #limit: number;
  #taken = 0;

  /** @param count signed 64-bit; −1 for no end */
  constructor(count: bigint) {
    this.#count = count;
    this.#limit = count < 0n ? Number.POSITIVE_INFINITY : Number(count);
  }

  /** Whether the trigger may run once more; counts it. */
  take(): boolean {
    if (this.#taken >= this.#limit) return false;
    this.#taken++;
    return true;
  }

  text(): string {
    return this.#count === -1n ? 'unlimited' : `count=${BigInt.asIntN(64, this.#count - BigInt(this.#taken))}`;
  }
}

class SimpleTrigger implements Trigger {
  readonly type: number;
  readonly time: TriggerTime;
  readonly filter: Trigger['filter'];
  paused = false;
  readonly #action: Action;
  readonly #file: TraceEventFile;
  readonly #count: HitCount;
  readonly #filterText: string;

  constructor(action: Action, file: TraceEventFile, count: bigint, filter: TriggerFilter | undefined) {
    this.type = action.type;
    this.time = action.time;
    this.filter = filter?.match;
    this.#action = action;
    this.#file = file;
    this.#count = new HitCount(count);
    this.#filterText = filter ? ` if ${filter.text}` : '';
  }

  run(cpu: Cpu): void {
    if (this.#action.wanted(this.#file) && this.#count.take()) this.#action.run(this.#file, cpu);
  }

  text(): string {
    return `${this.#action.name}:${this.#count.text()}${this.#filterText}`;
  }

  free(): void {}
}

function set(action: Action, file: TraceEventFile, params: string | undefined): number {
  const { param, filter: words } = separateFilter(params, false);
  const count = parseCount(param);
  if (typeof count === 'number') return count;
  const filter = parseTriggerFilter(file, words);
  if (typeof filter === 'number') return filter;
  const prepared = action.prepare?.(file) ?? 0;
  if (prepared < 0) return prepared;
  const { triggers } = file;
  for (const trigger of triggers) if (trigger.type === action.type) return -Errno.EEXIST;
  return triggers.add(new SimpleTrigger(action, file, count, filter), 'first');
}

/** Removes the one trigger of a kind, whatever its parameters. */
function remove(action: Action, file: TraceEventFile): number {
  const { triggers } = file;
  for (const trigger of triggers) if (trigger.type === action.type) triggers.remove(trigger);
  return 0;
}

/** `traceon`, `traceoff`, `snapshot` and `stacktrace`, each with an optional count. */
export const SIMPLE_TRIGGERS: readonly TriggerCommand[] = ACTIONS.map((action) => ({
  name: action.name,
  set: (file, params) => set(action, file, params),
  remove: (file) => remove(action, file),
}));
