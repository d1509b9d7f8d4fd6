import type { KallsymsColumns } from './kallsyms.ts';
import { PackedNames } from './packed-names.ts';
import type { ProfileError } from './profile-error.ts';
import { packSections } from './section-file.ts';

/** Makes the bytes of `symbols.bin`; `SymbolTable` has the layout. */
export function buildSymbols(columns: KallsymsColumns): Uint8Array | ProfileError {
  const { count, text, lows, highs, types, modules, nameStarts, nameEnds } = columns;
  const byAddress = indices(count).sort(
    (a, b) => inModule(modules[a]!) - inModule(modules[b]!) || highs[a]! - highs[b]! || lows[a]! - lows[b]! || a - b,
  );
  const position = new Uint32Array(count);
  for (let i = 0; i < count; i++) position[byAddress[i]!] = i;
  const byName = indices(count).sort(
    (a, b) =>
      compareBytes(text, nameStarts[a]!, nameEnds[a]!, nameStarts[b]!, nameEnds[b]!) ||
      inModule(modules[a]!) - inModule(modules[b]!) ||
      (modules[a] === 0 ? position[a]! - position[b]! : a - b),
  );
  const entry = new Uint32Array(count);
  for (let i = 0; i < count; i++) entry[byName[i]!] = i;

  const highWords = Uint32Array.from(new Set(highs)).sort();
  if (highWords.length > 256) return { error: 'has addresses all over the address space' };
  const highIndex = new Map([...highWords].map((word, i) => [word, i]));
  let nameBytes = 0;
  for (let i = 0; i < count; i++) nameBytes += nameEnds[i]! - nameStarts[i]!;
  const names = (function* () {
    for (const line of byName) yield text.subarray(nameStarts[line], nameEnds[line]);
  })();
  const packed = PackedNames.pack(names, count, nameBytes);
  const coreCount = modules.reduce((sum, module) => sum + (module === 0 ? 1 : 0), 0);
  return packSections('symbols', [
    Uint32Array.of(count, coreCount),
    byName.map((line) => lows[line]!),
    highWords.length === 1 ? new Uint8Array(0) : Uint8Array.from(byName, (line) => highIndex.get(highs[line]!)!),
    highWords,
    packed.blocks,
    byAddress.map((line) => entry[line]!),
    Uint8Array.from(byAddress, (line) => types[line]!),
    coreCount === count ? new Uint16Array(0) : Uint16Array.from(byAddress, (line) => modules[line]!),
    new TextEncoder().encode(columns.moduleNames.map((name) => `${name}\0`).join('')),
    packed.bytes,
  ]);
}

function indices(count: number): Uint32Array {
  const all = new Uint32Array(count);
  for (let i = 0; i < count; i++) all[i] = i;
  return all;
}

function inModule(module: number): number {
  return module === 0 ? 0 : 1;
}

function compareBytes(text: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): number {
  const shorter = Math.min(aEnd - a, bEnd - b);
  for (let i = 0; i < shorter; i++) {
    const difference = text[a + i]! - text[b + i]!;
    if (difference !== 0) return difference;
  }
  return aEnd - a - (bEnd - b);
}
