import type { Cpu } from '../machine/cpu.ts';
import type { EventField, FilterType } from './event-field.ts';
import type { Predicate } from './filter-compare.ts';
import type { BytesMatcher } from './regex.ts';

/** Longest string looked at behind a pointer, in bytes with its terminator. */
const USTRING_BUF_SIZE = 1024;
/** Bytes of a task's name with its terminator. */
const TASK_COMM_LEN = 16;

/**
 * Copies a string from an address of the kernel, or of the cpu's task's memory, up to and with its terminator.
 * @returns bytes copied, or a negative errno
 */
export type StringReader = (cpu: Cpu, lo: number, hi: number, user: boolean, dest: Uint8Array, max: number) => number;

/** Compares the running task's name, `filter_pred_comm()`. */
export function commTest(match: BytesMatcher, not: boolean): Predicate {
  const bytes = new Uint8Array(TASK_COMM_LEN);
  return (_record, cpu) => {
    const { comm } = cpu.current;
    for (let i = 0; i < TASK_COMM_LEN; i++) bytes[i] = i < comm.length ? comm.charCodeAt(i) : 0;
    return match(bytes, 0, TASK_COMM_LEN) !== not;
  };
}

/** Compares a string field of the record, or the string that it points to. */
export function stringTest(
  field: EventField,
  filterType: FilterType,
  match: BytesMatcher,
  not: boolean,
  user: boolean,
  readString: StringReader,
): Predicate {
  const { offset, size } = field;
  if (filterType === 'string') return ({ bytes, base }) => match(bytes, base + offset, size) !== not;
  if (filterType === 'ptr-string') return pointerTest(offset, match, not, user, readString);
  const relative = filterType === 'rel-string' ? offset + 4 : 0;
  return ({ bytes, view, base }) => {
    const at = base + relative + view.getUint16(base + offset, true);
    return match(bytes, at, view.getUint16(base + offset + 2, true)) !== not;
  };
}

/** What cannot be read compares as the empty string. */
function pointerTest(
  offset: number,
  match: BytesMatcher,
  not: boolean,
  user: boolean,
  readString: StringReader,
): Predicate {
  const text = new Uint8Array(USTRING_BUF_SIZE);
  return ({ view, base }, cpu) => {
    const copied = readString(
      cpu,
      view.getUint32(base + offset, true),
      view.getUint32(base + offset + 4, true),
      user,
      text,
      USTRING_BUF_SIZE,
    );
    if (copied === 0) return false;
    if (copied < 0) text[0] = 0;
    let length = 0;
    while (length < USTRING_BUF_SIZE && text[length] !== 0) length++;
    return match(text, 0, length + 1) !== not;
  };
}
