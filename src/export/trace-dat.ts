import { longSizeOf, unameOf } from '../abi/arch-names.ts';
import { addedSymbols, profileSymbols, type SimulatedKernel, type Tracefs } from '../tracefs/index.ts';
import { ByteWriter } from './byte-writer.ts';

/*
 * trace-cmd.dat.v6(5): what a reader must know first, in a fixed order, then options, then a table of the cpus' data, then the data,
 * each cpu's a whole number of sub-buffers as `trace_pipe_raw` hands them out, at a multiple of their size.
 *
 *     0x17 0x08 'D' "tracing" | "6" NUL | big endian? | long size | sub-buffer size (4)
 *     "header_page" NUL, text behind its size (8) | "header_event" NUL, likewise
 *     formats of the system ftrace: count (4), texts behind their sizes (8) | other systems: count (4), each name NUL, count (4), texts
 *     kallsyms behind its size (4) | printk_formats (4) | saved_cmdlines (8) | number of cpus (4)
 *     "options  " NUL: id (2), size (4), data … id 0 | "flyrecord" NUL: for each cpu offset (8), size (8)
 */
const MAGIC = '\x17\x08Dtracing';

const Option = { DONE: 0, CPUSTAT: 2, TRACECLOCK: 4, UNAME: 5 } as const;

/** The content of a file of the tree; the tree always has it. */
function contentOf(tracefs: Tracefs, path: string): string {
  const content = tracefs.read(path);
  return typeof content === 'string' ? content : '';
}

/** The directories under a directory. */
function directories(tracefs: Tracefs, path: string): string[] {
  const names = tracefs.list(path);
  if (typeof names === 'number') return [];
  return names.filter((name) => {
    const stat = tracefs.stat(`${path}/${name}`);
    return typeof stat !== 'number' && stat.kind === 'dir';
  });
}

/** The formats of a system's events. */
function formatsOf(tracefs: Tracefs, system: string): string[] {
  return directories(tracefs, `events/${system}`)
    .map((event) => contentOf(tracefs, `events/${system}/${event}/format`))
    .filter((format) => format !== '');
}

function putFormats(out: ByteWriter, formats: readonly string[]): void {
  out.number(formats.length, 4);
  for (const format of formats) out.counted(format, 8);
}

/** Takes every sub-buffer of a cpu out of the ring buffer. */
function takePages(tracefs: Tracefs, cpu: number, size: number): ByteWriter {
  const file = tracefs.open(`per_cpu/cpu${cpu}/trace_pipe_raw`, { read: true, nonblock: true });
  const pages = new ByteWriter();
  if (typeof file === 'number') return pages;
  for (let page = file.read(size); typeof page === 'string' && page !== ''; page = file.read(size))
    pages.text(page).align(size);
  file.close();
  return pages;
}

/**
 * What was traced as a trace.dat file, which trace-cmd(1) and KernelShark read: the records of the top buffer, the formats of all events,
 * symbols and names of tasks. The records are taken out of the buffer, as `trace-cmd record` takes them. Answers in pieces.
 */
export function traceDat(kernel: SimulatedKernel): readonly Uint8Array[] {
  const { tracefs, machine, profile } = kernel;
  const read = (path: string) => contentOf(tracefs, path);
  const pageSize = Number(read('buffer_subbuf_size_kb')) * 1024;
  const cpus = machine.cpus.map(({ id }) => id);
  // Reading a record notes no names: those of tasks are complete before.
  const names = read('saved_cmdlines');
  const clock = read('trace_clock');
  const stats = cpus.map((cpu) => `CPU: ${cpu}\n${read(`per_cpu/cpu${cpu}/stats`)}`);
  const data = cpus.map((cpu) => takePages(tracefs, cpu, pageSize));

  const out = new ByteWriter();
  out.text(MAGIC).string('6').number(0, 1).number(longSizeOf(profile.arch), 1).number(pageSize, 4);
  out.string('header_page').counted(read('events/header_page'), 8);
  out.string('header_event').counted(read('events/header_event'), 8);
  putFormats(out, formatsOf(tracefs, 'ftrace'));
  const systems = directories(tracefs, 'events').filter((system) => system !== 'ftrace');
  out.number(systems.length, 4);
  for (const system of systems) {
    out.string(system);
    putFormats(out, formatsOf(tracefs, system));
  }
  out.counted(profileSymbols(kernel) + addedSymbols(kernel), 4);
  out.counted(read('printk_formats'), 4);
  out.counted(names, 8);
  out.number(cpus.length, 4);

  const option = (id: number, text: string) => out.number(id, 2).counted(text, 4);
  out.string('options  ');
  for (const text of stats) option(Option.CPUSTAT, `${text}\0`);
  option(Option.TRACECLOCK, `${clock}\0`);
  option(Option.UNAME, `Linux fprobe ${profile.release} ${unameOf(machine.arch.name)}\0`);
  out.number(Option.DONE, 2);
  out.string('flyrecord');
  const table = out.length + cpus.length * 16;
  let at = Math.ceil(table / pageSize) * pageSize;
  for (const { length } of data) {
    out.number(at, 8).number(length, 8);
    at += length;
  }
  out.align(pageSize);
  for (const { parts } of data) for (const part of parts) out.bytes(part);
  return out.parts;
}
