import { syscallNumber } from '../abi/syscall-numbers.ts';
import type { TreeCall } from './normalize.ts';
import type { ValueTranslator } from './object-binder.ts';
import type { ScriptCall } from './script.ts';
import { valueKind } from './value-map.ts';
import type { World } from './world.ts';

/** Registers that a system call's arguments come in. */
const ARGUMENTS = ['di', 'si', 'dx', 'r10', 'r8', 'r9'];
/** Calls below a system call whose arguments are compared with its own. */
const NEAR_CALLS = 24;

/** Fills the pt_regs of a system call: its number, its arguments, the user's segments and flags. `text` is what its static event printed. */
export function storeSyscall(
  world: World,
  call: ScriptCall,
  text: string | undefined,
  translate: ValueTranslator,
  source: TreeCall,
): void {
  const regs = call.args[0];
  if (regs === undefined || valueKind(regs) !== 'stack') return;
  const store = (name: string, value: bigint) => world.storeMember('pt_regs', regs, name, value, { exact: true });
  const values = text === undefined ? [] : argumentsOf(text);
  const near = nearValues(source);
  for (const [i, name] of ARGUMENTS.entries()) {
    const value = values[i];
    if (value !== undefined) store(name, sameObject(value, translate.value(value), near));
  }
  store('orig_ax', syscallNumber(call.name));
  store('ax', 0xffffffffffffffdan);
  store('cs', 0x33n);
  store('ss', 0x2bn);
  store('flags', 0x246n);
}

/** Lets the pt_regs of a task say which system call it is in. */
export function storeSyscallNumber(world: World, regs: bigint, fn: string): void {
  if (valueKind(regs) === 'stack') world.storeMember('pt_regs', regs, 'orig_ax', syscallNumber(fn), { exact: true });
}

/** Values of `sys_openat(dfd: ffffff9c, filename: 7f…, …)`. */
function argumentsOf(text: string): bigint[] {
  return [...text.matchAll(/[a-z_0-9]+: (?:0x)?([0-9a-f]+)/g)].map((m) => BigInt(`0x${m[1]}`));
}

/** User addresses that the calls below a system call got. */
function nearValues(call: TreeCall): bigint[] {
  const found: bigint[] = [];
  let left = NEAR_CALLS;
  const visit = (at: TreeCall) => {
    if (left-- <= 0) return;
    for (const { value } of at.args) if (valueKind(value) === 'user') found.push(value);
    for (const child of at.children) if (child.kind === 'call') visit(child);
  };
  visit(call);
  return found;
}

/** User memory moves by whole pages between runs: of this run's addresses the one at the same place in its page. */
function sameObject(original: bigint, translated: bigint, near: readonly bigint[]): bigint {
  if (valueKind(original) !== 'user') return original;
  return near.find((value) => (value & 0xfffn) === (original & 0xfffn)) ?? translated;
}
