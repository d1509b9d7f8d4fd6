import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isProfileError, type KernelProfile, loadProfile } from '../profile/index.ts';
import { traceDatSources } from '../profile/trace-dat-sources.ts';
import { addedSymbols, profileSymbols, SimulatedKernel } from '../tracefs/index.ts';
import { Replay, unpackWorkload } from '../workload/index.ts';
import { traceDat } from './trace-dat.ts';

let profile: KernelProfile;
let dir: string;

beforeAll(() => {
  const loaded = loadProfile();
  if (isProfileError(loaded)) throw new Error(loaded.error);
  profile = loaded;
  dir = mkdtempSync(join(tmpdir(), 'trace-dat-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

interface Scenario {
  readonly workload: string;
  readonly cpus?: number;
  readonly definitions?: readonly string[];
  readonly events: readonly string[];
  /** Files and what is written to them before the workload runs. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A kernel on which a workload has run under events. Addresses are shown as they are, as those who read the file see them. */
function traced({ workload, cpus = 1, definitions = [], events, settings = {} }: Scenario): SimulatedKernel {
  const kernel = SimulatedKernel.boot(profile, { cpus });
  const { tracefs } = kernel;
  const unpacked = unpackWorkload(profile.workloads.read(workload)!);
  if ('error' in unpacked) throw new Error(unpacked.error);
  const files = {
    buffer_size_kb: '65536',
    'options/hash-ptr': '0',
    'options/sym-addr': '1',
    tracing_on: '0',
    ...settings,
  };
  for (const [file, value] of Object.entries(files))
    expect(tracefs.write(file, `${value}\n`), file).toBe(value.length + 1);
  for (const definition of definitions)
    expect(tracefs.append('dynamic_events', `${definition}\n`), definition).toBeGreaterThan(0);
  for (const event of events) expect(tracefs.append('set_event', `${event}\n`), event).toBeGreaterThan(0);
  const replay = new Replay(kernel, unpacked);
  replay.start(true);
  tracefs.write('tracing_on', '1\n');
  tracefs.write('trace_marker', 'here it begins\n');
  replay.run();
  tracefs.write('tracing_on', '0\n');
  return kernel;
}

/**
 * What libtraceevent prints in its own way, the same on both sides: numbers, symbols without their size, system calls, and the two addresses of a
 * return in the order that formats have.
 */
function likeTraceEvent(text: string): string {
  return text
    .replace(/[^\s(]+ <([\da-f]+)>/g, '$1')
    .replace(/^(\S+: )\((\w+) <- (\w+)\)/, (_, name, a, b) => `${name}(${[a, b].sort().join(' <- ')})`)
    .replace(/^sys_(\w+)\((.*)\)$/, 'sys_enter_$1: $2')
    .replace(/^sys_(\w+) -> (.*)$/, 'sys_exit_$1: $2')
    .replace(/(\+0x[\da-f]+)\/0x[\da-f]+/g, '$1')
    .replaceAll('(nil)', '0')
    .replace(/\b(?:0x)?0*([\da-f]+)\b/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}

/** What libtraceevent cannot tell: where the array of pages is, names of an enum that formats do not number, a sum in parentheses. */
function withoutUnknown(line: string): string {
  if (/^mm_(page|compaction)/.test(line)) return line.replace(/ page=\S+/, '');
  if (line.startsWith('hrtimer_')) return line.replace(/ mode=\S+/, '');
  return line.startsWith('timer_start') ? line.replace(/ flags=\S*/, '') : line;
}

/** Lines of `trace`: task, pid, cpu and microseconds, then the event. */
function linesOfTrace(kernel: SimulatedKernel): string[] {
  const text = kernel.tracefs.read('trace');
  if (typeof text === 'number') throw new Error(String(text));
  return [...text.matchAll(/^ *(.*)-(\d+) +\[(\d+)\] .{5} +([\d.]+): (.*)$/gm)].map(
    ([, task, pid, cpu, time, event]) =>
      `${task}-${pid} ${cpu} ${time} ${withoutUnknown(likeTraceEvent(event!.replace(/^tracing_mark_write <\S+>/, 'print')))}`,
  );
}

/** The same lines as trace-cmd(1) tells them. */
function linesOfReport(file: string): string[] {
  const report = execFileSync('trace-cmd', ['report', '-N', '-t', file], {
    encoding: 'latin1',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return [...report.matchAll(/^ *(.*)-(\d+) +\[(\d+)\] +(\d+\.\d{6})\d{3}: (\S+): +(.*)$/gm)].map(
    ([, task, pid, cpu, time, name, text]) =>
      `${task}-${pid} ${cpu} ${time} ${withoutUnknown(likeTraceEvent(`${name}: ${text!.replace(/^tracing_mark_write: /, '')}`))}`,
  );
}

const SCENARIOS: Record<string, Scenario> = {
  'every static event': { workload: 'sh-fork', cpus: 2, events: ['*:*'] },
  'values of all types': {
    workload: 'ls',
    definitions: [
      'f:types/open do_sys_openat2 dfd filename:ustring flags=+0($arg3):x64 mode=+8($arg3):b12@4/64',
      'f:types/read vfs_read%return file=file->f_path.dentry->d_name.name:string count:u32 ret=$retval:s64 comm=$comm',
      'f:types/stack vfs_read a=+0($stack):x8[4] b=$stack2:symbol',
      't:types/exec sched_process_exec p->comm:string old_pid bprm->filename:string',
      'f:types/args vfs_write $arg*',
    ],
    events: ['types:*', 'sched:*'],
  },
  'gaps between records': { workload: 'sleep', events: ['sched:sched_switch', 'syscalls:*'] },
  'long sub-buffers': {
    workload: 'cat',
    events: ['kmem:*', 'sched:*'],
    settings: { buffer_subbuf_size_kb: '16', trace_clock: 'mono' },
  },
  'overwritten records': { workload: 'mkdir-rm', events: ['kmem:*', 'sched:*'], settings: { buffer_size_kb: '64' } },
};

const missing = spawnSync('trace-cmd', ['--version']).error !== undefined;

describe.skipIf(missing)(`trace-cmd report${missing ? ' (missing)' : ''}`, () => {
  test.each(Object.entries(SCENARIOS))('tells the same lines: %s', (name, scenario) => {
    const kernel = traced(scenario);
    const lines = linesOfTrace(kernel);
    const file = join(dir, `${name.replaceAll(' ', '-')}.dat`);
    writeFileSync(file, Buffer.concat(traceDat(kernel)));
    expect(lines.length).toBeGreaterThan(50);
    expect(linesOfReport(file)).toEqual(lines);
  });
});

test('what the file tells of the kernel is what the kernel tells', async () => {
  const kernel = traced({
    workload: 'cat',
    definitions: ['f:mine/read vfs_read count'],
    events: ['mine:read'],
  });
  const file = join(dir, 'kernel.dat');
  writeFileSync(file, Buffer.concat(traceDat(kernel)));
  const sources = await traceDatSources(file);
  if (isProfileError(sources)) throw new Error(sources.error);
  const textOf = (part: { bytes: Uint8Array } | undefined) => Buffer.from(part?.bytes ?? []).toString('latin1');
  expect(sources.arch).toBe('x86_64');
  expect(textOf(sources.version)).toBe(`Linux version ${profile.release}`);
  expect(textOf(sources.kallsyms) === profileSymbols(kernel) + addedSymbols(kernel)).toBe(true);
  const formats = textOf(sources.formats);
  for (const event of ['ftrace/print', 'sched/sched_switch', 'mine/read'])
    expect(formats).toContain(`== events/${event}/format\n${kernel.tracefs.read(`events/${event}/format`)}`);
});

test('records are taken out of the buffer', () => {
  const kernel = traced({ workload: 'cat', events: ['sched:*'] });
  expect(linesOfTrace(kernel)).not.toEqual([]);
  traceDat(kernel);
  expect(linesOfTrace(kernel)).toEqual([]);
});
