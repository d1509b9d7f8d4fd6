import type { FuncLine, LineFlags } from './func-text.ts';
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

/** Flags of a call: its own line's, else what is usual for it, else its caller's. */
export function flagsOf(call: TreeCall, lines: ReadonlyMap<TreeCall, FuncLine>, pool: FlagPool): StepFlags {
  for (let up: TreeCall | undefined = call; up !== undefined; up = up.parent) {
    const line = lines.get(up);
    if (line !== undefined) return stepFlags(line.flags);
    const usual = pool.usual(up);
    if (usual !== undefined) return usual;
  }
  return QUIET;
}

function stepFlags(flags: LineFlags): StepFlags {
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
