/** Bytes of a page: what one write to most files may not exceed. */
export const PAGE_SIZE = 4096;
