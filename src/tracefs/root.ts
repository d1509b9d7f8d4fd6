import { runCommands } from '../dynevent/run-command.ts';
import { availableEventsText } from '../trace/set-event.ts';
import { arrayFiles } from './array-files.ts';
import { instancesDirectory } from './instances.ts';
import { microsecondsFile } from './latency-file.ts';
import { directory, Mode, readOnly, readWrite, type TraceDir, type TraceFile } from './node.ts';
import { numberFile } from './number-file.ts';
import type { CommandFile, TracefsParts } from './parts.ts';
import { readmeText } from './readme.ts';

const STACK_TRACE_OFF = [
  '        Depth    Size   Location    (0 entries)',
  '        -----    ----   --------',
  '#',
  '#  Stack tracer disabled',
  '#',
  "# To enable the stack tracer, either add 'stacktrace' to the",
  '# kernel command line',
  "# or 'echo 1 > /proc/sys/kernel/stack_tracer_enabled'",
  '#',
  '',
].join('\n');

/** A file of commands, a line each (`kernel/trace/trace.c:trace_parse_run_command()`). */
function commandFile(commands: CommandFile): TraceFile {
  return readWrite({
    read: () => commands.show(),
    write: (data) => runCommands(data, (command) => commands.run(command)),
    moves: 'not',
    truncate: () => commands.releaseAll(),
  });
}

/** The root of the tree: what the top-level trace array has, and what there is only once. */
export function rootDirectory(parts: TracefsParts): TraceDir {
  const { tracing } = parts;
  const { cmdlines, top } = tracing;
  const files = directory({
    ...arrayFiles(parts, top),
    ...parts.rootFunctionFiles,
    README: () => ({ ...readOnly(() => readmeText(tracing.machine.config)), whole: true }),
    available_events: () => readOnly(() => availableEventsText(top)),
    dynamic_events: () => commandFile(parts.dynamicEvents),
    instances: () => instancesDirectory(parts),
    kprobe_events: () => commandFile(parts.kprobeEvents),
    kprobe_profile: () => readOnly(() => ''),
    saved_cmdlines: () => readOnly(() => cmdlines.text()),
    saved_cmdlines_size: () =>
      numberFile(
        () => `${cmdlines.size}\n`,
        (value) => cmdlines.resize(value),
      ),
    saved_tgids: () => readOnly(() => cmdlines.tgidsText()),
    stack_max_size: () => ({
      ...numberFile(
        () => `${tracing.stackMaxSize}\n`,
        (value) => setStackMaxSize(parts, value),
      ),
      moves: 'not',
    }),
    stack_trace: () => readOnly(() => STACK_TRACE_OFF),
    synthetic_events: () => commandFile(parts.syntheticEvents),
    tracing_thresh: () =>
      microsecondsFile(
        () => tracing.threshold,
        (ns) => setThreshold(parts, ns),
      ),
    uprobe_events: () => commandFile(parts.uprobeEvents),
    uprobe_profile: () => readOnly(() => ''),
  });
  return { ...files, mode: Mode.EVENT_DIR };
}

function setStackMaxSize({ tracing }: TracefsParts, value: bigint): number {
  tracing.stackMaxSize = BigInt.asIntN(64, value);
  return 0;
}

function setThreshold({ tracing }: TracefsParts, ns: bigint): number {
  tracing.threshold = ns;
  return tracing.top.currentTracer?.updateThreshold?.(tracing.top) ?? 0;
}
