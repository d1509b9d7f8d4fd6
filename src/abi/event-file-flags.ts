/** State bits of an event in one trace array, `include/linux/trace_events.h` (`EVENT_FILE_FL_*`). */
export const EventFileFlag = {
  /** Hits reach it (though perhaps soft-disabled). */
  ENABLED: 1 << 0,
  /** Holds a reference on recording task names. */
  RECORDED_CMD: 1 << 1,
  /** Holds a reference on recording thread group ids. */
  RECORDED_TGID: 1 << 2,
  /** Has a filter. */
  FILTERED: 1 << 3,
  /** The last filter written for its whole system did not fit it. */
  NO_SET_FILTER: 1 << 4,
  /** Someone may switch it with the soft-disable bit: the hook stays. */
  SOFT_MODE: 1 << 5,
  /** Hits do not record. */
  SOFT_DISABLED: 1 << 6,
  /** Has triggers. */
  TRIGGER_MODE: 1 << 7,
  /** Some trigger must see the record first. */
  TRIGGER_COND: 1 << 8,
  /** `set_event_pid` or `set_event_notrace_pid` is in force. */
  PID_FILTER: 1 << 9,
  /** Was enabled once: removing the event clears the buffer. */
  WAS_ENABLED: 1 << 10,
  /** The event is gone; open files answer ENODEV. */
  FREED: 1 << 11,
} as const;
