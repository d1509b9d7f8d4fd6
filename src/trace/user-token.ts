import { Errno } from '../abi/errno.ts';
import { isSpace } from './ctype.ts';

/** What {@link takeToken} found. */
interface UserToken {
  /** Bytes taken from the data, the separator behind the token included. */
  readonly read: number;
  /** The word; empty when there were only separators. */
  readonly token: string;
  /** Whether a separator ended the word; a word at the data's end may go on in the next write to the same open file. */
  readonly closed: boolean;
}

/**
 * Takes the next word from data that a user wrote: white space before it is skipped, white space or NUL ends it
 * (`kernel/trace/trace.c:trace_get_user()`).
 * @param size bytes of the kernel's buffer, terminator included
 * @returns the word, or −EINVAL when it does not fit
 */
export function takeToken(data: string, size: number): UserToken | number {
  let start = 0;
  while (start < data.length - 1 && isSpace(data.charCodeAt(start))) start++;
  if (isSpace(data.charCodeAt(start)) || data[start] === '\0') return { read: start + 1, token: '', closed: false };
  let end = start;
  while (end < data.length && !isSpace(data.charCodeAt(end)) && data[end] !== '\0') end++;
  if (end - start > size - 1) return -Errno.EINVAL;
  const closed = end < data.length;
  return { read: closed ? end + 1 : end, token: data.slice(start, end), closed };
}
