import type { ArchName } from '../machine/index.ts';
import { type FieldValue, type RecordValues, traceRecords } from '../trace/index.ts';
import { SimulatedKernel } from '../tracefs/index.ts';
import { Replay } from '../workload/index.ts';
import { bootOptions } from './boot-options.ts';
import { sayKernelTalk } from './defined-kernel.ts';
import { enableEvents } from './enable-option.ts';
import { ExitStatus } from './exit-status.ts';
import { Checker, findingText, optionSources } from './finding.ts';
import { put, putJson, say } from './output.ts';
import { profileOf } from './profile-option.ts';
import { workloadOf } from './workload-option.ts';

interface TraceOptions {
  readonly event: readonly string[];
  readonly enable: readonly string[];
  readonly workload: string;
  readonly cpus: number;
  readonly seed: number;
  readonly json?: boolean;
  /** Where a trace.dat file goes. */
  readonly dat?: string;
  readonly arch?: ArchName;
  readonly profile?: string;
}

/** What is traced when nothing is asked for: which files are opened, and what is read of which. */
const DEFAULT_DEFINITIONS = [
  'f:open do_sys_openat2 filename:ustring',
  'f:read vfs_read%return file=file->f_path.dentry->d_name.name:string count ret=$retval',
];
/** KiB a cpu: room for all that a workload records. Memory is taken as records come. */
const BUFFER_KB = 65_536;

const utf8 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('utf8');

/** An integer that a double cannot hold is given as a string of decimal digits. */
function jsonValue(value: FieldValue): unknown {
  if (value === null) return null;
  if (typeof value === 'string') return utf8(value);
  if (typeof value !== 'bigint') return value.map(jsonValue);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** Addresses of code are given by name, as `trace` does. */
function jsonRecord(record: RecordValues, symbolAt: (address: bigint) => string): object {
  const { system, name, task, pid, cpu, timestamp, fields } = record;
  const values = Object.fromEntries(
    [...fields].map(([field, value]) => [
      field,
      field.startsWith('__probe_') && typeof value === 'bigint' ? symbolAt(value) : jsonValue(value),
    ]),
  );
  return { event: `${system}:${name}`, task: utf8(task), pid, cpu, ns: timestamp, fields: values };
}

/** Says what the kernel refused. Texts hold one character a byte. */
function refuse(text: string): void {
  process.stderr.write(Buffer.from(text, 'latin1'));
  process.exitCode = ExitStatus.REFUSED;
}

/** `fprobe trace`: defines events, enables them, runs a workload under them and prints `trace`. */
export async function trace(options: TraceOptions): Promise<void> {
  const profile = profileOf(options.profile);
  const workload = workloadOf(profile, options.workload);
  const asked = options.event.length > 0 || options.enable.length > 0;
  const sources = optionSources(asked ? options.event : DEFAULT_DEFINITIONS);
  const checker = new Checker(profile, options.arch);
  const findings = sources.map(({ name, definitions }) => checker.find(name, definitions[0]!));
  const refused = findings.map((finding) => (finding.answer.ret < 0 ? findingText(finding) : '')).join('');
  if (refused !== '') {
    refuse(refused);
    return;
  }
  const { seed } = options;
  const kernel = SimulatedKernel.boot(profile, bootOptions(options));
  const { tracefs, tracing } = kernel;
  for (const { definitions } of sources) tracefs.append('dynamic_events', `${definitions[0]!.text}\n`);
  tracefs.write('buffer_size_kb', `${BUFFER_KB}\n`);
  tracefs.write('tracing_on', '0\n');
  for (const call of tracing.events.dynamicEvents) tracefs.write(`events/${call.system}/${call.name}/enable`, '1\n');
  const refusedFilter = enableEvents(kernel, options.enable);
  if (refusedFilter !== '') {
    refuse(refusedFilter);
    return;
  }
  const replay = new Replay(kernel, workload, { seed });
  replay.start(true);
  tracefs.write('tracing_on', '1\n');
  replay.run();
  tracefs.write('tracing_on', '0\n');
  const overrun = tracing.top.buffer.overruns();
  if (options.dat !== undefined) {
    (await import('./dat-file.ts')).putDatFile(options.dat, kernel);
  } else if (options.json) {
    const { top } = tracing;
    const { kallsyms } = kernel.machine;
    const all = kernel.machine.cpus.map(({ id }) => id);
    for (const record of traceRecords({ array: top, buffer: top.buffer, cpus: all })) {
      if (!putJson(jsonRecord(record, (address) => kallsyms.symbolAt(address)))) return;
    }
  } else {
    const text = tracefs.read('trace');
    if (typeof text === 'string') put(text);
  }
  if (overrun > 0) say(`fprobe: the buffer was too small: ${overrun} events were overwritten`);
  sayKernelTalk(kernel);
}
