import { frameWords, maxOffset, ShadowLayout } from '../fgraph/index.ts';
import { HeaderCodec, type MaxactiveOutcome, type MaxactiveScenario, runMaxactive } from '../fprobe/index.ts';
import { ARCHES, type ArchName, fprobeConfig } from '../machine/index.ts';
import { UsageError } from './exit-status.ts';
import { put, putJson } from './output.ts';
import { profileOf } from './profile-option.ts';

interface MaxactiveOptions {
  readonly tasks?: number;
  readonly depth?: number;
  readonly cpus: number;
  readonly maxactive: number;
  readonly data: number;
  readonly arch?: ArchName;
  readonly profile?: string;
  readonly json?: boolean;
}

/** Tasks and depths shown when none are asked for: what fits, what sleeps in the function, what recurses, and what is too deep for a shadow stack. */
const SHOWN: readonly (readonly [tasks: number, depth: number])[] = [
  [1, 1],
  [2, 1],
  [16, 1],
  [256, 1],
  [1, 16],
  [16, 16],
  [1, 64],
  [1, 100],
];

const FUNCTION = 'vfs_read';
/** Marks of a bar of all calls. */
const BAR = 20;

type Row = MaxactiveScenario & MaxactiveOutcome;

/** `fprobe demo maxactive`: which calls are missed by a pool of nodes, and which by shadow stacks. */
export function demoMaxactive(options: MaxactiveOptions): void {
  const { cpus, maxactive, data, arch } = options;
  if (arch && !fprobeConfig(ARCHES[arch].selects).FPROBE) throw new UsageError(`a kernel for ${arch} has no fprobe`);
  const { symbols, functions } = profileOf(options.profile);
  const [fn] = functions.idsByName(FUNCTION);
  if (fn === undefined) throw new UsageError(`the profile has no ${FUNCTION}`);
  const asked = options.tasks !== undefined || options.depth !== undefined;
  const shown = asked ? [[options.tasks ?? 1, options.depth ?? 1] as const] : SHOWN;
  const rows = shown.map(([tasks, depth]): Row => {
    const scenario: MaxactiveScenario = { tasks, depth, cpus, maxactive, data, ...(arch && { arch }) };
    return { ...scenario, ...runMaxactive({ symbols, functions, fn }, scenario) };
  });
  if (options.json) for (const row of rows) if (!putJson(row)) return;
  if (!options.json) put(Buffer.from(text(rows, options), 'utf8'));
}

function text(rows: readonly Row[], { cpus, maxactive, data, arch }: MaxactiveOptions): string {
  const machine = ARCHES[arch ?? 'x86_64'];
  const on = cpus === 1 ? '1 cpu' : `${cpus} cpus`;
  const frame = frameWords(machine) + 1;
  const header = new HeaderCodec(machine.header).words;
  const dataWords = Math.ceil(data / ShadowLayout.WORD_BYTES);
  const took = [
    `frame and bitmap ${frame}`,
    `header ${header}`,
    ...(dataWords > 0 ? [`data ${dataWords}`] : []),
    'data word 1',
  ];
  return [
    `Tasks in ${FUNCTION} on ${on}, each some calls deep, when the first one returns. An fprobe there waits for each return,`,
    `and keeps ${data} bytes from its entry handler for its exit handler.`,
    '',
    '                      │ before 6.14: a pool of nodes               │ since 6.14: a shadow stack a task',
    'tasks  depth    calls │ nodes     KiB  missed                      │ words     KiB  missed',
    ...rows.map(rowText),
    '',
    `Pool: ${maxactive === 0 ? '2 nodes a cpu' : `nr_maxactive=${maxactive} nodes`}, a pool for each fprobe. A call that finds no node is missed, whichever task holds them.`,
    `Shadow stack: ${ShadowLayout.WORDS} words of ${ShadowLayout.WORD_BYTES} bytes a task, for all fprobes and tracers. A call takes ${frame + header + dataWords + 1} words here (${took.join(', ')}).`,
    `None may reach word ${maxOffset(machine)}: a task that nests too deep misses its own calls, no other task's.`,
    '',
  ].join('\n');
}

function rowText({ tasks, depth, calls, pool, shadow }: Row): string {
  const design = ({ missed, bytes }: { missed: number; bytes: number }, size: number) => {
    const seen = Math.floor((BAR * (calls - missed)) / calls);
    const bar = '█'.repeat(seen) + '░'.repeat(BAR - seen);
    return `│ ${String(size).padStart(5)} ${(bytes / 1024).toFixed(1).padStart(7)} ${String(missed).padStart(7)} ${bar}`;
  };
  const who = `${String(tasks).padStart(5)}  ${String(depth).padStart(5)} ${String(calls).padStart(8)}`;
  return `${who} ${design(pool, pool.nodes)} ${design(shadow, shadow.words)}`;
}
