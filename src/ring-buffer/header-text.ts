import {
  COMMIT_OFFSET,
  PAGE_HEADER_SIZE,
  TIME_DELTA_BITS,
  TYPE_DATA_MAX,
  TYPE_LEN_BITS,
  TYPE_PADDING,
  TYPE_TIME_EXTEND,
  TYPE_TIME_STAMP,
} from './layout.ts';

/**
 * Content of `events/header_page` (`ring_buffer_print_page_header()`).
 * @param subbufSize bytes of a sub-buffer, header included
 */
export function headerPageText(subbufSize: number): string {
  const field = (name: string, offset: number, size: number, signed: number) =>
    `\tfield: ${name};\toffset:${offset};\tsize:${size};\tsigned:${signed};\n`;
  return [
    field('u64 timestamp', 0, COMMIT_OFFSET, 0),
    field('local_t commit', COMMIT_OFFSET, PAGE_HEADER_SIZE - COMMIT_OFFSET, 1),
    field('int overwrite', COMMIT_OFFSET, 1, 1),
    field('char data', PAGE_HEADER_SIZE, subbufSize - PAGE_HEADER_SIZE, 0),
  ].join('');
}

/** Content of `events/header_event` (`ring_buffer_print_entry_header()`). */
export function headerEventText(): string {
  return [
    '# compressed entry header',
    `\ttype_len    :    ${TYPE_LEN_BITS} bits`,
    `\ttime_delta  :   ${TIME_DELTA_BITS} bits`,
    '\tarray       :   32 bits',
    '',
    `\tpadding     : type == ${TYPE_PADDING}`,
    `\ttime_extend : type == ${TYPE_TIME_EXTEND}`,
    `\ttime_stamp : type == ${TYPE_TIME_STAMP}`,
    `\tdata max type_len  == ${TYPE_DATA_MAX}`,
    '',
  ].join('\n');
}
