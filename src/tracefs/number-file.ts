import { Errno } from '../abi/errno.ts';
import { kstrtoulFromUser } from '../trace/kstrtox.ts';
import { readWrite, type TraceFile } from './node.ts';

/** A write handler that takes one decimal number; `set` answers 0 or a negative errno. */
export function writeNumber(set: (value: bigint) => number): (data: string) => number {
  return (data) => {
    const parsed = kstrtoulFromUser(data, 10);
    if (parsed.errno !== undefined) return parsed.errno;
    return set(parsed.value) || data.length;
  };
}

/** A file that shows a text (or answers a negative errno) and takes a decimal number. */
export function numberFile(show: () => string | number, set: (value: bigint) => number): TraceFile {
  return readWrite({ read: show, write: writeNumber(set) });
}

/** A file that holds 0 or 1 and takes nothing else. */
export function flagFile(show: () => string | number, set: (on: boolean) => number): TraceFile {
  return numberFile(show, (value) => (value > 1n ? -Errno.EINVAL : set(value === 1n)));
}
