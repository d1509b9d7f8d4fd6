import { programTasks } from './normalize.ts';
import { eventField, type ObjectEvent } from './objects-text.ts';
import type { ProgramRecordings } from './recordings.ts';
import type { TaskNames } from './task-model.ts';

/** Fields of static events that hold a task's name. */
const COMM_FIELDS = ['comm', 'prev_comm', 'next_comm', 'child_comm', 'newcomm', 'oldcomm'];

/** What the tasks of a program are called, from all its recordings; names that execs take in `execs`, by task. */
interface ProgramNames extends TaskNames {
  readonly execs: readonly (readonly string[])[];
}

/** Collects names: renames of the objects' run say what an exec makes of a task, the function_graph text only its last name, shortened. */
export function collectNames(program: ProgramRecordings): ProgramNames {
  const known = new Set<string>();
  for (const line of program.lineList) known.add(line.comm);
  for (const event of program.objects) known.add(event.comm);
  for (const text of eventTexts(program)) for (const field of COMM_FIELDS) addName(known, eventField(text, field));
  const tasks = programTasks(program.base);
  const renames = tasks.map(() => [] as { from: string; to: string }[]);
  const pids = [
    ...new Set(program.objects.filter((event) => event.event.startsWith('sys_')).map((event) => event.pid)),
  ];
  for (const event of program.objects) addRename(renames[pids.indexOf(event.pid)], event);
  const first = renames[0]?.[0]?.from ?? 'sh';
  const full = (name: string) => [...known].find((other) => other.startsWith(name)) ?? name;
  return {
    known,
    parent: first,
    program: tasks.map((task, i) => [
      renames[i]?.[0]?.from ?? (i === 0 ? first : (renames[0]?.at(-1)?.to ?? full(tasks[0].name))) ?? full(task.name),
    ]),
    execs: tasks.map((task, i) => (renames[i].length > 0 ? renames[i].map(({ to }) => to) : [full(task.name)])),
  };
}

function* eventTexts(program: ProgramRecordings): Generator<string> {
  for (const event of program.objects) if (event.shown.size === 0) yield event.text;
  for (const { item } of program.returns?.steps ?? []) if (item.kind === 'point') yield item.text;
}

function addName(known: Set<string>, name: string | undefined): void {
  if (name !== undefined) known.add(name);
}

function addRename(list: { from: string; to: string }[] | undefined, event: ObjectEvent): void {
  if (event.event !== 'task_rename' || list === undefined) return;
  const from = eventField(event.text, 'oldcomm');
  const to = eventField(event.text, 'newcomm');
  if (from !== undefined && to !== undefined) list.push({ from, to });
}
