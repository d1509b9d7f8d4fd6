/** What a sample holds besides its header, `include/uapi/linux/perf_event.h:enum perf_event_sample_format`. */
export const PerfSample = {
  IP: 0x1,
  TID: 0x2,
  TIME: 0x4,
  ID: 0x40,
  CPU: 0x80,
  PERIOD: 0x100,
  RAW: 0x400,
} as const;

/** What reading an event gives besides its count, `enum perf_event_read_format`. */
export const PerfFormat = { TOTAL_TIME_ENABLED: 1, TOTAL_TIME_RUNNING: 2, ID: 4, GROUP: 8, LOST: 16 } as const;

/** Every bit of both. */
export const ALL_SAMPLE_BITS = Object.values(PerfSample).reduce((all, bit) => all | bit, 0);
export const ALL_FORMAT_BITS = Object.values(PerfFormat).reduce((all, bit) => all | bit, 0);

/** What `perf_event_open(2)` is asked for, of the type PERF_TYPE_TRACEPOINT. */
export interface PerfEventAttr {
  /** The event: content of its `id` file. */
  readonly config: number;
  /** A sample each that many hits; 0 only counts. */
  readonly samplePeriod?: number;
  /** Bits of {@link PerfSample}. */
  readonly sampleType?: number;
  /** Bits of {@link PerfFormat}. */
  readonly readFormat?: number;
  /** Off until it is enabled. */
  readonly disabled?: boolean;
  /** Tasks that the task forks are counted, too. */
  readonly inherit?: boolean;
  readonly excludeKernel?: boolean;
  readonly excludeUser?: boolean;
}
