import { KSYM_NAME_LEN } from '../abi/limits.ts';
import type { ProfileError } from './profile-error.ts';

const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const OPEN = 0x5b;

/** The lines of a /proc/kallsyms in their order, as columns over its bytes. */
export interface KallsymsColumns {
  readonly count: number;
  readonly text: Uint8Array;
  readonly lows: Uint32Array;
  readonly highs: Uint32Array;
  /** Type character. */
  readonly types: Uint8Array;
  readonly nameStarts: Uint32Array;
  readonly nameEnds: Uint32Array;
  /** 0 for the kernel, else 1 + index into `moduleNames`. */
  readonly modules: Uint16Array;
  readonly moduleNames: readonly string[];
  /** Most hexadecimal digits of an address: 8 on arches of 32 bits. */
  readonly digits: number;
}

/** Reads lines `ADDRESS TYPE NAME` with an optional `[MODULE]` behind a tab or spaces. */
export function parseKallsyms(text: Uint8Array): KallsymsColumns | ProfileError {
  const count = countLines(text);
  const columns = {
    lows: new Uint32Array(count),
    highs: new Uint32Array(count),
    types: new Uint8Array(count),
    nameStarts: new Uint32Array(count),
    nameEnds: new Uint32Array(count),
    modules: new Uint16Array(count),
  };
  const moduleNumbers = new Map<string, number>();
  let at = 0;
  let anyAddress = 0;
  let digits = 0;
  for (let line = 0; line < count; line++) {
    const newline = text.indexOf(NEWLINE, at);
    const end = newline < 0 ? text.length : newline;
    let low = 0;
    let high = 0;
    let digit = hexDigit(text[at]!);
    const digitsAt = at;
    while (digit >= 0) {
      high = ((high << 4) | (low >>> 28)) >>> 0;
      low = ((low << 4) | digit) >>> 0;
      digit = hexDigit(text[++at]!);
    }
    const nameAt = at + 3;
    const wellFormed =
      at > digitsAt && at - digitsAt <= 16 && text[at] === SPACE && text[at + 1]! > SPACE && text[at + 2] === SPACE;
    let nameEnd = nameAt;
    while (nameEnd < end && text[nameEnd]! > SPACE) nameEnd++;
    const module = moduleName(text, nameEnd, end);
    if (!wellFormed || nameEnd <= nameAt || module === undefined)
      return { error: `line ${line + 1} is not "ADDRESS TYPE NAME"` };
    if (nameEnd - nameAt >= KSYM_NAME_LEN)
      return { error: `line ${line + 1} has a name longer than ${KSYM_NAME_LEN - 1} bytes` };
    columns.lows[line] = low;
    columns.highs[line] = high;
    columns.types[line] = text[at + 1]!;
    columns.nameStarts[line] = nameAt;
    columns.nameEnds[line] = nameEnd;
    if (module !== '') {
      if (!moduleNumbers.has(module)) moduleNumbers.set(module, moduleNumbers.size + 1);
      columns.modules[line] = moduleNumbers.get(module)!;
    }
    anyAddress |= low | high;
    digits = Math.max(digits, nameAt - 3 - digitsAt);
    at = end + 1;
  }
  if (count === 0) return { error: 'has no symbols' };
  if (anyAddress === 0)
    return { error: 'shows every address as 0: read it as root with kernel.kptr_restrict at 0 or 1' };
  if (moduleNumbers.size > 0xffff) return { error: 'names more than 65535 modules' };
  return { count, text, ...columns, moduleNames: [...moduleNumbers.keys()], digits };
}

function countLines(text: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < text.length; count++) {
    const newline = text.indexOf(NEWLINE, at);
    at = newline < 0 ? text.length : newline + 1;
  }
  return count;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** The module named behind a symbol, empty for none; `undefined` when something else stands there. */
function moduleName(text: Uint8Array, from: number, end: number): string | undefined {
  let at = from;
  while (at < end && (text[at] === TAB || text[at] === SPACE)) at++;
  if (at === end) return '';
  const name = text[at] === OPEN && end - at < KSYM_NAME_LEN ? new TextDecoder().decode(text.subarray(at, end)) : '';
  return /^\[([^\][\s\0]+)\]$/.exec(name)?.[1];
}
