import type { ProbeDefinition } from '../dynevent/index.ts';
import type { Arch } from '../machine/index.ts';

type FetchStep = ProbeDefinition['args'][number]['steps'][number];

/** What the words about steps need to know of the probe around them. */
export interface StepPlace {
  readonly arch: Arch;
  readonly isTracepoint: boolean;
  readonly entryArguments: readonly number[];
  /** Name of a parameter of the function, 0-based; `undefined` where the types have none. */
  parameterName(index: number): string | undefined;
}

const signed = (n: number) => (n < 0 ? `-${-n}` : `+${n}`);
const where = (user: boolean) => (user ? 'user memory' : 'kernel memory');

/** Where a parameter of a function is at its entry: a register, or a word of the stack. */
export function argumentPlace(arch: Arch, index: number): string {
  const register = arch.argRegs[index];
  if (register !== undefined) return `register ${arch.registers[register]}`;
  if (!arch.fetchesStackArgs) return 'nothing (further arguments read as 0 on this arch)';
  return `word ${arch.stackArgs + index - arch.argRegs.length} of the stack`;
}

function argument(index: number, place: StepPlace): string {
  const name = place.parameterName(index);
  const number = place.isTracepoint ? index : index + 1;
  return `$arg${number}${name === undefined ? '' : ` (${name})`}`;
}

/** A step of a fetch program in words. */
export function stepText(step: FetchStep, place: StepPlace): string {
  switch (step.op) {
    case 'argument':
      return `load ${argument(step.index, place)} from ${argumentPlace(place.arch, step.index)}`;
    case 'entry-data': {
      const word = step.offset / 8;
      const index = place.entryArguments[word] ?? 0;
      return `take ${argument(index, place)}, which was kept at the entry from ${argumentPlace(place.arch, index)} (word ${word} of the entry data)`;
    }
    case 'return-value':
      return `load the return value from register ${place.arch.registers[place.arch.retReg]}`;
    case 'stack':
      return `load word ${step.index} of the stack`;
    case 'stack-pointer':
      return 'load the stack pointer';
    case 'immediate':
      return `take the number 0x${step.value.toString(16)}`;
    case 'symbol':
      return `take the address of ${step.expression}`;
    case 'comm':
      return "take the current task's name";
    case 'text':
      return `take the text "${step.text}"`;
    case 'dereference':
      return `read 8 bytes of ${where(step.user)} at ${signed(step.offset)} from there`;
    case 'store-raw':
      return `keep ${step.size === 8 ? 'all 8 bytes' : `the low ${step.size} byte${step.size > 1 ? 's' : ''}`} of it`;
    case 'store-memory':
      return `read ${step.size} byte${step.size > 1 ? 's' : ''} of ${where(step.user)} at ${signed(step.offset)} from there into the record`;
    case 'store-string':
      return `copy the string in ${where(step.user)} at ${signed(step.offset)} from there, up to its NUL`;
    case 'store-symbol-string':
      return 'write the name of the symbol at that address';
    case 'bitfield':
      return `cut bits out of ${step.baseSize} bytes: ${step.left} to the left, ${step.right} to the right`;
    case 'array':
      return `do that ${step.count} times, each behind the one before`;
  }
}

/** Registers that a probe's arguments are fetched from, each once. */
export function registersOf(
  definition: ProbeDefinition,
  arch: Arch,
): { readonly what: string; readonly register: string }[] {
  const found = new Map<string, string>();
  for (const { steps } of definition.args) {
    const [first] = steps;
    const index =
      first?.op === 'argument'
        ? first.index
        : first?.op === 'entry-data'
          ? definition.entryArguments[first.offset / 8]
          : undefined;
    if (index !== undefined)
      found.set(
        `$arg${definition.isTracepoint ? index : index + 1}`,
        argumentPlace(arch, index).replace(/^register /, ''),
      );
    if (first?.op === 'return-value') found.set('$retval', arch.registers[arch.retReg]!);
    if (first?.op === 'stack' || first?.op === 'stack-pointer') found.set('$stack', arch.registers[arch.spReg]!);
  }
  return [...found].map(([what, register]) => ({ what, register }));
}
