import {
  NamePool,
  type RecordedArg,
  type RecordedCall,
  type RecordedItem,
  type RecordedRun,
  type RecordedTask,
} from './recorded-run.ts';

const WORD = (1n << 64n) - 1n;
const ARG = /([A-Za-z_0-9]+)=(?:\(STRUCT\)\[([^\]]*)\]|(0x[0-9a-f]+|-?\d+))/g;
const RETURN = /^r: \((\S+) <- (\S+)\) ret=0x([0-9a-f]+)/;
/** First call that an interrupt's frame shows. */
const INTERRUPT_ENTRY = 'irq_enter_rcu';

interface Open extends RecordedTask {
  readonly stack: RecordedCall[];
  /** Depth as printed of each call on the stack. */
  readonly depths: number[];
}

/**
 * Reads the text of the function_graph tracer, printed with absolute time, task, cpu, duration, tail names and
 * arguments. Lines that it does not know are skipped. What an interrupt called lies one deeper than the calls around it
 * and becomes the children of a frame of its own ({@link RecordedCall.interrupt}).
 */
export function parseFgraph(text: string, names = new NamePool()): RecordedRun {
  const tasks = new Map<number, Open>();
  const run: RecordedRun = { tasks, steps: [], strays: [] };
  for (let at = 0; at < text.length; ) {
    let end = text.indexOf('\n', at);
    if (end < 0) end = text.length;
    readLine(run, tasks, text.slice(at, end), names);
    at = end + 1;
  }
  for (const task of tasks.values()) while (interruptOnTop(task)) popInterrupt(run, task, task.stack.at(-1)!.start);
  return run;
}

/** Text of the arguments between a call's brackets. */
export function parseArgs(text: string, names = new NamePool()): RecordedArg[] {
  const args: RecordedArg[] = [];
  for (const [, named, words, value] of text.matchAll(ARG)) {
    const name = names.name(named);
    if (value !== undefined) args.push({ name, value: BigInt(value) & WORD });
    else {
      const [low, high] = words.split(/[:,\s]+/).filter(Boolean);
      args.push({ name, value: BigInt(low ?? 0), ...(high === undefined ? {} : { high: BigInt(high) }) });
    }
  }
  return args;
}

function readLine(run: RecordedRun, tasks: Map<number, Open>, line: string, names: NamePool): void {
  if (line.charCodeAt(0) === 35) return;
  const bar1 = line.indexOf('|');
  const bar2 = bar1 < 0 ? -1 : line.indexOf('|', bar1 + 1);
  const bar3 = bar2 < 0 ? -1 : line.indexOf('|', bar2 + 1);
  if (bar3 < 0) return;
  const who = /^\s*\d+\)\s*(.*)-(\d+)\s*$/.exec(line.slice(bar1 + 1, bar2));
  const time = Math.round(Number(line.slice(0, bar1)) * 1e6);
  if (who === null || Number.isNaN(time)) return;
  const pid = Number(who[2]);
  let task = tasks.get(pid);
  if (task === undefined) {
    task = { pid, name: who[1], roots: [], stack: [], depths: [] };
    tasks.set(pid, task);
  }
  let from = bar3 + 1;
  while (line.charCodeAt(from) === 32) from++;
  const depth = (from - bar3 - 3) / 2;
  const duration = /([\d.]+) us/.exec(line.slice(bar2 + 1, bar3));
  const ns = duration === null ? undefined : Math.round(Number(duration[1]) * 1000);
  if (line.startsWith('} /* ', from)) close(run, task, names.name(line.slice(from + 5, -3)), time, ns);
  else if (line.startsWith('/* ', from)) mark(run, task, line.slice(from + 3, -3), time, names);
  else if (line.endsWith('{') || line.endsWith(';'))
    open(run, task, line.slice(from), { depth, start: time, duration: ns, names });
}

function open(
  run: RecordedRun,
  task: Open,
  text: string,
  { depth, start, duration, names }: { depth: number; start: number; duration: number | undefined; names: NamePool },
): void {
  const leaf = text.endsWith(';');
  const bracket = text.indexOf('(');
  const fn = names.name(text.slice(0, bracket));
  frameFor(run, task, fn, depth, start);
  const parent = task.stack.at(-1);
  const args = parseArgs(text.slice(bracket + 1), names);
  const call: RecordedCall = { kind: 'call', fn, args, pid: task.pid, start, parent, children: [], interrupt: false };
  if (leaf && duration !== undefined) call.duration = duration;
  place(task, call);
  run.steps.push({ op: 'enter', item: call });
  if (leaf) run.steps.push({ op: 'leave', item: call });
  else push(task, call, depth);
}

/** Opens or closes an interrupt's frame where the depth says so. */
function frameFor(run: RecordedRun, task: Open, fn: string, depth: number, time: number): void {
  while (interruptOnTop(task) && depth <= task.depths.at(-1)!) popInterrupt(run, task, time);
  const expected = task.stack.length === 0 ? 0 : task.depths.at(-1)! + 1;
  if (depth === expected + 1 && fn === INTERRUPT_ENTRY) {
    const frame: RecordedCall = {
      kind: 'call',
      fn: '',
      args: [],
      pid: task.pid,
      start: time,
      parent: task.stack.at(-1),
      children: [],
      interrupt: true,
    };
    place(task, frame);
    run.steps.push({ op: 'enter', item: frame });
    push(task, frame, expected);
  }
}

function close(run: RecordedRun, task: Open, fn: string, time: number, duration: number | undefined): void {
  while (interruptOnTop(task)) popInterrupt(run, task, time);
  if (task.stack.at(-1)?.fn !== fn && !task.stack.some((call) => call.fn === fn)) return;
  for (;;) {
    const call = task.stack.pop()!;
    task.depths.pop();
    call.end = time;
    if (call.fn === fn && duration !== undefined) call.duration = duration;
    run.steps.push({ op: 'leave', item: call });
    if (call.fn === fn) return;
  }
}

function mark(run: RecordedRun, task: Open, text: string, start: number, names: NamePool): void {
  const returned = RETURN.exec(text);
  if (returned !== null) {
    const call = task.stack.at(-1);
    const to = names.place(returned[1]);
    const value = BigInt(`0x${returned[3]}`);
    if (to === undefined) return;
    if (call === undefined || call.fn !== returned[2]) {
      run.strays.push({
        pid: task.pid,
        fn: names.name(returned[2]),
        returnTo: to,
        returnValue: value,
        at: run.steps.length,
      });
    } else {
      call.returnTo = to;
      call.returnValue = value;
    }
    return;
  }
  const item: RecordedItem = { kind: 'mark', text, pid: task.pid, start, parent: task.stack.at(-1) };
  place(task, item);
  run.steps.push({ op: 'mark', item });
}

function place(task: Open, item: RecordedItem): void {
  (task.stack.at(-1)?.children ?? task.roots).push(item);
}

function push(task: Open, call: RecordedCall, depth: number): void {
  task.stack.push(call);
  task.depths.push(depth);
}

function interruptOnTop(task: Open): boolean {
  return task.stack.at(-1)?.interrupt === true;
}

function popInterrupt(run: RecordedRun, task: Open, time: number): void {
  const frame = task.stack.pop()!;
  task.depths.pop();
  frame.end = time;
  run.steps.push({ op: 'leave', item: frame });
}
