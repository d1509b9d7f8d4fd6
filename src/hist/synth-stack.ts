import type { Cpu, Machine, StackTrace } from '../machine/index.ts';
import type { TraceEventCall } from '../trace/event-call.ts';
import { pushPlace } from '../trace/static-stack.ts';

/** What lies between a synthetic event's record and the event that was hit, innermost first, as 6.16 on x86_64 has it. */
const PLACES = [
  ['trace_event_raw_event_synth', 0x243],
  ['action_trace', 0x64],
  ['event_hist_trigger', 0x630],
  ['event_triggers_call', 0x7f],
  ['trace_event_buffer_commit', 0x19d],
] as const;

/** Writes down the stack of a synthetic event, traced by a histogram of another. */
export function pushSynthStack(machine: Machine, cpu: Cpu, trace: StackTrace, hit: TraceEventCall | undefined): void {
  for (const [symbol, offset] of PLACES) pushPlace(machine, trace, symbol, offset);
  hit?.pushHitStack(machine, cpu, trace, false);
}
