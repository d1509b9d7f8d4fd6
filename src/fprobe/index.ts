export { type BenchRow, benchFprobe } from './bench.ts';
export { EntryData } from './entry-data.ts';
export {
  Fprobe,
  type FprobeEntryHandler,
  type FprobeExitHandler,
  FprobeFlag,
  FprobeNode,
  type FprobeOptions,
} from './fprobe.ts';
export { FprobeCore } from './fprobe-core.ts';
export { FPROBE_HASH_BITS, FPROBE_IP_HASH_BITS, FprobeTable, IpTable } from './fprobe-tables.ts';
export { FPROBE_DATA_SIZE_BITS, HeaderCodec, MAX_FPROBE_DATA_WORDS } from './header.ts';
