export { type PerfEventAttr, PerfFormat, PerfSample } from './perf-attr.ts';
export { type PerfBuffer, PerfRecord } from './perf-buffer.ts';
export { PerfEvent, type PerfTarget } from './perf-event.ts';
export { PerfEvents } from './perf-events.ts';
export { type PerfRecordValues, readPerfRecord } from './perf-sample.ts';
