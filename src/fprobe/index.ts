export { type BenchRow, benchFprobe } from './bench.ts';
export { compareDesigns, type DesignComparison, type DesignCost } from './bench-designs.ts';
export {
  type CallPlace,
  callAddresses,
  ENTRY_HANDLER_CALLS,
  EXIT_HANDLER_CALLS,
  pushHandlerStack,
} from './call-places.ts';
export {
  type EngineSnapshot,
  type SnapshotFrame,
  type SnapshotTask,
  type SnapshotWord,
  snapshotEngine,
} from './engine-snapshot.ts';
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
export {
  type MaxactiveKernel,
  type MaxactiveOutcome,
  type MaxactiveScenario,
  runMaxactive,
} from './maxactive-demo.ts';
export { StackWatch, type WatchPhase, type WatchTarget } from './stack-watch.ts';
