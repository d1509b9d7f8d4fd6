import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { isProfileError, type KernelProfile, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/simulated-kernel.ts';
import { Replay } from './replay.ts';
import { alignEqual } from './sequence-align.ts';
import { unpackWorkload } from './unpack.ts';

/** Events that follow from the program alone: the same on every run, so that all lines that were recorded must come. */
const EXACT = new Set([
  'sched_prepare_exec',
  'sched_process_exec',
  'sched_process_exit',
  'sched_process_fork',
  'sched_process_wait',
  'sched_wakeup_new',
  'signal_generate',
  'sys_enter',
  'task_newtask',
  'task_rename',
]);

/** Of the lines that the real kernel printed for static events, how many come in the same order, task by task. */
const AGREE: Record<string, string> = {
  cat: 'kfree 68/68, kmalloc 10/10, kmem_cache_alloc 155/157, kmem_cache_free 187/208, mm_page_alloc 45/46, mm_page_free 68/74, mm_page_free_batched 34/44, rss_stat 73/114, sched_stat_runtime 86/208, sched_switch 42/89, sched_wakeup 22/47, sched_waking 22/47, sys_exit 62/62',
  'cat objects': 'sched_stat_runtime 28/28, sched_switch 14/15, sched_wakeup 8/8, sched_waking 8/8, sys_exit 62/62',
  ls: 'kfree 91/91, kmalloc 12/12, kmem_cache_alloc 212/215, kmem_cache_free 232/275, mm_page_alloc 54/58, mm_page_free 76/92, mm_page_free_batched 60/62, rss_stat 88/149, sched_stat_runtime 107/289, sched_switch 50/127, sched_wakeup 27/67, sched_waking 27/67, sys_exit 87/87',
  'ls objects': 'sched_stat_runtime 50/50, sched_switch 26/27, sched_wakeup 15/15, sched_waking 15/15, sys_exit 87/87',
  'mkdir-rm':
    'kfree 182/184, kmalloc 37/37, kmem_cache_alloc 525/541, kmem_cache_free 503/606, mm_page_alloc 132/137, mm_page_free 130/147, mm_page_free_batched 90/93, rss_stat 189/326, sched_process_free 2/2, sched_stat_runtime 271/575, sched_switch 149/276, sched_wakeup 78/144, sched_waking 78/144, signal_deliver 2/2, sys_exit 216/218',
  'mkdir-rm objects':
    'sched_process_free 1/1, sched_stat_runtime 145/145, sched_switch 81/88, sched_wakeup 44/46, sched_waking 44/46, signal_deliver 2/2, sys_exit 216/218',
  'sh-fork':
    'kfree 232/236, kmalloc 40/41, kmem_cache_alloc 639/661, kmem_cache_free 607/707, mm_page_alloc 194/203, mm_page_free 187/214, mm_page_free_batched 87/108, rss_stat 240/404, sched_process_free 3/3, sched_stat_runtime 300/836, sched_switch 153/395, sched_wakeup 76/164, sched_waking 76/164, signal_deliver 3/3, sys_exit 184/184',
  'sh-fork objects':
    'sched_process_free 0/1, sched_stat_runtime 127/127, sched_switch 63/73, sched_wakeup 35/37, sched_waking 35/37, signal_deliver 3/3, sys_exit 184/184',
  'sleep objects': 'sched_stat_runtime 32/32, sched_switch 18/19, sched_wakeup 9/10, sched_waking 9/10, sys_exit 52/52',
};

interface Line {
  readonly task: string;
  readonly event: string;
  readonly text: string;
}

/** Without what differs from run to run: addresses, pids, times on the cpu; where calls are made from, which the run with every return hooked hides. */
function masked(text: string): string {
  return text
    .replace(/\b(call_site|ptr|mm_id|page|pfn)=\S+/g, '$1=…')
    .replace(/\b(\w*pid)=\d+/g, '$1=…')
    .replace(/runtime=\d+/, 'runtime=…')
    .replace(/(sa_handler=|: (?:0x)?|-> 0x)(?:7f|55|56)[0-9a-f]{10}\b/g, '$1…')
    .replace(/^(sys_(?:clone|wait4|getpid|getppid|set_tid_address) -> ).*/, '$1…');
}

function lineOf(task: string, text: string): Line {
  const name = /^\w+/.exec(text)![0];
  const event = name.startsWith('sys_') ? (text.includes(' -> ') ? 'sys_exit' : 'sys_enter') : name;
  return { task, event, text: masked(text) };
}

/** Sections of the recordings: a line `pid text` for each static event. */
function recorded(): Map<string, Line[]> {
  const text = gunzipSync(readFileSync(new URL('./recorded-events.txt.gz', import.meta.url))).toString('latin1');
  const sections = new Map<string, Line[]>();
  for (const part of text.split(/^== /m).slice(1)) {
    const [name, ...lines] = part.trimEnd().split('\n');
    const read = lines.map((line) => lineOf(line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)));
    sections.set(name, read);
  }
  return sections;
}

let profile: KernelProfile;
beforeAll(() => {
  const loaded = loadProfile();
  if (isProfileError(loaded)) throw new Error(loaded.error);
  profile = loaded;
});

/** Static events of a workload. */
function replayed(name: string): Line[] {
  const kernel = SimulatedKernel.boot(profile);
  const workload = unpackWorkload(profile.workloads.read(name)!);
  if ('error' in workload) throw new Error(workload.error);
  const { tracefs } = kernel;
  tracefs.write('buffer_size_kb', '65536\n');
  tracefs.write('tracing_on', '0\n');
  for (const system of ['sched', 'task', 'signal', 'kmem', 'syscalls'])
    expect(tracefs.write(`events/${system}/enable`, '1\n')).toBe(2);
  const replay = new Replay(kernel, workload);
  replay.start(true);
  tracefs.write('tracing_on', '1\n');
  replay.run();
  return String(tracefs.read('trace'))
    .split('\n')
    .flatMap((line) => {
      const m = /^.{16}-(\d+) +\[\d+\] \S{5} +[\d.]+: (.*)$/.exec(line);
      return m === null ? [] : [lineOf(m[1], m[2])];
    });
}

/** Lines of an event by task: those of the program by order of appearance, all others together. */
function byTask(lines: readonly Line[], event: string): string[][] {
  const tasks = [...new Set(lines.filter((line) => line.event === 'sys_enter').map((line) => line.task))];
  const lists: string[][] = [...tasks, ''].map(() => []);
  for (const line of lines)
    if (line.event === event) (lists[tasks.indexOf(line.task)] ?? lists[tasks.length]).push(line.text);
  return lists;
}

const sections = recorded();
const replays = new Map<string, Line[]>();

test.each([...sections.keys()])('%s', (section) => {
  const theirs = sections.get(section)!;
  const name = section.split(' ')[0];
  const mine = replays.get(name) ?? replayed(name);
  replays.set(name, mine);
  const shown: string[] = [];
  for (const event of [...new Set(theirs.map((line) => line.event))].sort()) {
    const ours = byTask(mine, event);
    const real = byTask(theirs, event);
    const all = real.reduce((sum, list) => sum + list.length, 0);
    const agree = real.reduce((sum, list, i) => {
      const own = ours[i] ?? [];
      return sum + alignEqual(own.length, list.length, (a, b) => own[a] === list[b]).length;
    }, 0);
    if (EXACT.has(event)) expect(ours, event).toEqual(real);
    else shown.push(`${event} ${agree}/${all}`);
  }
  expect(shown.join(', ')).toBe(AGREE[section]);
});
