import { Errno } from '../abi/errno.ts';
import { isSpace } from './ctype.ts';

/** A set of cpus, 32 to a word, cpu 0 in bit 0 of word 0. */
export type CpuMask = Uint32Array;

/** An empty mask for this many cpus. */
export function emptyCpuMask(nrCpus: number): CpuMask {
  return new Uint32Array(Math.ceil(nrCpus / 32));
}

/** Whether the cpu is in the mask. */
export function cpuMaskTest(mask: CpuMask, cpu: number): boolean {
  return (((mask[cpu >>> 5] ?? 0) >>> (cpu & 31)) & 1) === 1;
}

/** Number of cpus in the mask. */
export function cpuMaskWeight(mask: CpuMask): number {
  let weight = 0;
  for (let cpu = 0; cpu < mask.length * 32; cpu++) if (cpuMaskTest(mask, cpu)) weight++;
  return weight;
}

/** Prints a mask of `nrCpus` bits as `%*pb` does: hexadecimal in groups of 32 bits with commas, no more digits than the bits need. */
export function cpuMaskText(mask: CpuMask, nrCpus: number): string {
  const words = Math.ceil(nrCpus / 32);
  const topDigits = Math.ceil((nrCpus - (words - 1) * 32) / 4);
  const groups = Array.from({ length: words }, (_, i) =>
    (mask[i] ?? 0).toString(16).padStart(i === words - 1 ? topDigits : 8, '0'),
  );
  return groups.reverse().join(',');
}

const isSeparator = (char: string) => char === ',' || isSpace(char.charCodeAt(0));

/**
 * Reads a mask from hexadecimal groups of up to eight digits between commas or spaces, up to a newline
 * (`lib/bitmap-str.c:bitmap_parse()`).
 * @returns the mask, −EINVAL for other characters, −EOVERFLOW for more bits than there are cpus
 */
export function parseCpuMask(text: string, nrCpus: number): CpuMask | number {
  const mask = emptyCpuMask(nrCpus);
  const groups: string[] = [];
  let group = '';
  for (const char of text.split('\n', 1)[0]!.split('\0', 1)[0]!) {
    if (!isSeparator(char)) group += char;
    else if (group !== '') groups.push(group);
    if (isSeparator(char)) group = '';
  }
  if (group !== '') groups.push(group);
  for (const [i, digits] of groups.reverse().entries()) {
    if (i >= mask.length) return -Errno.EOVERFLOW;
    const tail = digits.slice(-9);
    if (!/^[0-9a-fA-F]+$/.test(tail.slice(-8))) return -Errno.EINVAL;
    if (digits.length > 8) return /^[0-9a-fA-F]/.test(tail) ? -Errno.EOVERFLOW : -Errno.EINVAL;
    mask[i] = Number.parseInt(digits, 16);
  }
  const spare = mask.length * 32 - nrCpus;
  return spare > 0 && mask.at(-1)! >>> (32 - spare) !== 0 ? -Errno.EOVERFLOW : mask;
}

interface Region {
  readonly start: number;
  readonly end: number;
  readonly used: number;
  readonly group: number;
}

const U32_MAX = 0xffff_ffff;

function parseRegion(text: string, last: number): Region | number {
  const match = /^(?:([aA][lL][lL])|(N|\d+)(?:-(N|\d+))?)(?::(N|\d+)\/(N|\d+))?$/.exec(text);
  if (!match) return -Errno.EINVAL;
  const [, all, from, to, used, group] = match;
  const number = (digits: string) => (digits === 'N' ? last : Number(digits));
  const start = all ? 0 : number(from!);
  const end = all ? last : number(to ?? from!);
  if (used !== undefined && !all && to === undefined) return -Errno.EINVAL;
  const region = {
    start,
    end,
    used: used === undefined ? end + 1 : number(used),
    group: group === undefined ? end + 1 : number(group),
  };
  return Object.values(region).some((value) => value > U32_MAX + 1) ? -Errno.EOVERFLOW : region;
}

/**
 * Reads a cpu list: numbers, ranges, `N` for the last cpu, `all`, each range with an optional `:used/group`
 * (`lib/bitmap-str.c:bitmap_parselist()`).
 * @returns the mask, −EINVAL, −ERANGE for a cpu that cannot be, −EOVERFLOW
 */
export function parseCpuList(text: string, nrCpus: number): CpuMask | number {
  const mask = emptyCpuMask(nrCpus);
  for (const piece of splitRegions(text)) {
    const region = parseRegion(piece, nrCpus - 1);
    if (typeof region === 'number') return region;
    const { start, end, used, group } = region;
    if (start > end || group === 0 || used > group) return -Errno.EINVAL;
    if (end >= nrCpus) return -Errno.ERANGE;
    for (let at = start; at <= end; at += group) {
      for (let cpu = at; cpu < at + Math.min(end - at + 1, used); cpu++) mask[cpu >>> 5]! |= 1 << (cpu & 31);
    }
  }
  return mask;
}

function splitRegions(text: string): string[] {
  const line = text.split('\n', 1)[0]!;
  const regions: string[] = [];
  let region = '';
  for (const char of `${line},`) {
    if (!isSeparator(char)) region += char;
    else if (region !== '') regions.push(region);
    if (isSeparator(char)) region = '';
  }
  return regions;
}
