import { eventField } from './objects-text.ts';
import type { ScriptStep } from './script.ts';
import { valueKind } from './value-map.ts';
import type { World } from './world.ts';

/** Stores what a tracepoint's static event printed of the objects that its arguments point to. */
export function storePointFacts(world: World, step: Extract<ScriptStep, { op: 'point' }>): void {
  const number = (name: string) => {
    const value = Number(eventField(step.text, name) ?? Number.NaN);
    return Number.isNaN(value) ? undefined : BigInt(value);
  };
  if (step.name === 'kmem_cache_alloc') {
    const cache = step.args[2] ?? 0n;
    const size = number('bytes_alloc');
    if (valueKind(cache) === 'heap' && size !== undefined) world.storeMember('kmem_cache', cache, 'size', size);
  } else if (step.name === 'signal_generate') {
    const info = step.args[1] ?? 0n;
    if (valueKind(info) !== 'stack' && valueKind(info) !== 'heap') return;
    world.storeMember('kernel_siginfo', info, 'si_signo', step.args[0] ?? 0n);
    for (const [field, member] of [
      ['errno', 'si_errno'],
      ['code', 'si_code'],
    ]) {
      const value = number(field);
      if (value !== undefined) world.storeMember('kernel_siginfo', info, member, BigInt.asUintN(32, value));
    }
  }
}
