import { type FuncLine, type LineFlags, parseFlags } from './func-text.ts';
import type { TreeCall } from './normalize.ts';
import type { StepFlags } from './script.ts';

const QUIET: StepFlags = {
  irqsOff: false,
  needResched: false,
  lazyResched: false,
  hardirq: false,
  softirq: false,
  preemptDepth: 0,
};

/** Which flags a function is usually called with, by caller; learnt from the function tracer's runs. */
export class FlagPool {
  readonly #seen = new Map<string, Map<number, number>>();

  /** Counts what the aligned lines of one run show. */
  add(lines: ReadonlyMap<TreeCall, FuncLine>): void {
    for (const [call, line] of lines) {
      const key = pair(call);
      const counts = this.#seen.get(key) ?? new Map<number, number>();
      const packed = packFlags(stepFlags(line.flags));
      counts.set(packed, (counts.get(packed) ?? 0) + 1);
      this.#seen.set(key, counts);
    }
  }

  /** The flags seen most for a call of this kind. */
  usual(call: TreeCall): StepFlags | undefined {
    const counts = this.#seen.get(pair(call));
    if (counts === undefined) return undefined;
    let best = -1;
    let most = 0;
    for (const [packed, count] of counts) {
      if (count > most) {
        most = count;
        best = packed;
      }
    }
    return unpackFlags(best);
  }
}

/** Share of an event's lines with a flag from which it is the event's own, not that of what happened before it. */
const OWN_SHARE = 0.7;

interface FlagCount {
  readonly flags: StepFlags;
  readonly count: number;
}

/** Which flags the events of tracepoints usually show, in tasks, softirqs and hardirqs apart; from lines `EVENT FLAGS COUNT`. */
export class EventFlags {
  readonly #seen = new Map<string, FlagCount[]>();

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const [, name, irqs, resched, context, preempt, migrate, count] = EVENT_LINE.exec(line) ?? [];
      if (name === undefined) continue;
      const flags = stepFlags(parseFlags(irqs, resched, context, preempt, migrate));
      const key = contextKey(name, flags);
      this.#seen.set(key, [...(this.#seen.get(key) ?? []), { flags, count: Number(count) }]);
    }
  }

  /** What is usual for a tracepoint near a step with such flags; those themselves where nothing is known. */
  usual(name: string, near: StepFlags): StepFlags {
    const seen = this.#seen.get(contextKey(name, near)) ?? this.#elsewhere(name);
    if (seen === undefined) return near;
    const all = seen.reduce((sum, { count }) => sum + count, 0);
    const most = seen.reduce((best, each) => (each.count > best.count ? each : best));
    const own = (has: (flags: StepFlags) => boolean) =>
      seen.filter(({ flags }) => has(flags)).reduce((sum, { count }) => sum + count, 0) >= OWN_SHARE * all;
    return {
      ...most.flags,
      needResched: near.needResched || own((flags) => flags.needResched),
      lazyResched: near.lazyResched || own((flags) => flags.lazyResched),
    };
  }

  /** Of an event that is never seen in a context: the lines of where it is seen most. */
  #elsewhere(name: string): FlagCount[] | undefined {
    const total = (list: readonly FlagCount[]) => list.reduce((sum, { count }) => sum + count, 0);
    const lists = ['', 's', 'h'].flatMap((context) => {
      const list = this.#seen.get(`${name} ${context}`);
      return list === undefined ? [] : [list];
    });
    return lists.sort((a, b) => total(b) - total(a))[0];
  }
}

const EVENT_LINE = /^(\w+) (\S)(\S)(\S)(\S)(\S) (\d+)$/;

function contextKey(name: string, { hardirq, softirq }: StepFlags): string {
  return `${name} ${hardirq ? 'h' : softirq ? 's' : ''}`;
}

/** Flags of a call: its own line's, else what is usual for it, else its caller's. */
export function flagsOf(call: TreeCall, lines: ReadonlyMap<TreeCall, FuncLine>, pool: FlagPool): StepFlags {
  if (call.source.graftFlags !== undefined) return call.source.graftFlags;
  for (let up: TreeCall | undefined = call; up !== undefined; up = up.parent) {
    const line = lines.get(up);
    if (line !== undefined) return stepFlags(line.flags);
    const usual = pool.usual(up);
    if (usual !== undefined) return usual;
  }
  return QUIET;
}

/** Flags of a line as a step has them. */
export function stepFlags(flags: LineFlags): StepFlags {
  const { irqsOff, needResched, lazyResched, hardirq, softirq, preemptDepth } = flags;
  return { irqsOff, needResched, lazyResched, hardirq, softirq, preemptDepth };
}

/**
 * Flags in one number:
 *
 *     bit   0        1            2        3       4            5–8
 *           irqs off need resched hardirq  softirq lazy resched preempt depth
 */
export function packFlags(flags: StepFlags): number {
  return (
    Number(flags.irqsOff) |
    (Number(flags.needResched) << 1) |
    (Number(flags.hardirq) << 2) |
    (Number(flags.softirq) << 3) |
    (Number(flags.lazyResched) << 4) |
    (flags.preemptDepth << 5)
  );
}

/** Takes {@link packFlags} apart. */
function unpackFlags(packed: number): StepFlags {
  return {
    irqsOff: (packed & 1) !== 0,
    needResched: (packed & 2) !== 0,
    hardirq: (packed & 4) !== 0,
    softirq: (packed & 8) !== 0,
    lazyResched: (packed & 16) !== 0,
    preemptDepth: packed >> 5,
  };
}

function pair(call: TreeCall): string {
  return `${call.parent?.fn ?? ''}>${call.fn}`;
}
