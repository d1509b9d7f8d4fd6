import type { Difference, Step, Transcript } from './transcript.ts';

/** `comm-pid (tgid) [cpu] flags time: ` at the start of an event's line; flags are missing under noirq-info. */
const EVENT_LINE = /^( *.{1,16})-\d+ +(?:\([ \d-]{7}\) )?\[\d{3}\] (?:\S{5})? +\d+(?:\.\d{6})?: /;
const OFFSET = /^\+0x/;
const ERROR_LOG = /(^|\/)error_log$/;

function maskEventText(text: string): string {
  return text
    .replace(/\+?0x[0-9a-f]+(\/0x[0-9a-f]+)?/g, (match) => (OFFSET.test(match) ? match : '0x#'))
    .replace(/=-?\d+\b/g, '=#')
    .replace(/\b[0-9a-f]{16}\b/g, '#');
}

/** Numbers of a raw, hex or latency-format line, with the spaces that fill their columns and the mark behind a delay. */
function maskOtherLine(line: string): string {
  return line.replace(/ *(0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+)/g, ' #').replace(/#us[ $@*#!+]:/, '#us:');
}

/** What an event's line says of a call of the graph tracer, whose columns are its own. */
const GRAPH_TEXT = /\| {2}|# us \|/;

/** How long a call took, with the mark before it and the spaces up to the next column; it may begin a line. */
const DURATION = /(^|[|) ]) *(?:[$@*#!+] )? *\d+(\.\d+)? us +\|/g;

function maskTraceLine(text: string): string {
  const line = text.replace(DURATION, '$1 # us |').replace(/last_ts: *[\d.]+/, 'last_ts: #');
  if (line.startsWith('#') && !line.startsWith('# us'))
    return line.replace(/#P:\d+/, '#P:#').replace(/(task: .*)-\d+/, '$1-#');
  const head = EVENT_LINE.exec(line);
  if (!head) return maskOtherLine(line);
  const rest = line.slice(head[0].length);
  return `${head[1]!.trimStart()}: ${GRAPH_TEXT.test(rest) ? maskOtherLine(rest) : maskEventText(rest)}`;
}

const byLine = (mask: (line: string) => string) => (text: string) => text.split('\n').map(mask).join('\n');

/** What may differ from boot to boot, by the file's name. */
const MASKS: readonly (readonly [RegExp, (text: string) => string])[] = [
  [ERROR_LOG, byLine((line) => line.replace(/^\[ *\d+\.\d{6}\]/, '[#]'))],
  [/\/format$/, byLine((line) => line.replace(/^ID: \d+$/, 'ID: #'))],
  [/\/id$/, (text) => text.replace(/\d+/, '#')],
  [/per_cpu\/[^/]+\/stats$/, byLine((line) => line.replace(/\d+(\.\d+)?/g, '#').replace(/ +/g, ' '))],
  [/(^|\/)(enabled|touched)_functions$/, (text) => text.replace(/0x[0-9a-f]{4,}/g, '0x#')],
  [/\/hist$/, (text) => text.replace(/\[ *\d+\]/g, '[#]').replace(/(common_pid: *)\d+/g, '$1#')],
  [/(^|\/)(trace|snapshot)$/, byLine(maskTraceLine)],
];

/** What a file showed, without what differs from boot to boot. */
export function maskOutput(path: string, out: string): string {
  return MASKS.find(([file]) => file.test(path))?.[1](out) ?? out;
}

/** Columns that a caret may stand behind its command before it counts as a product of chance. */
const CARET_SLACK = 128;

/**
 * After a path through BTF members the kernel adds a heap address to the column of a later error
 * (`kernel/trace/trace_probe.c:parse_btf_field()`), so that such a caret stands thousands of columns out, elsewhere on each boot.
 * Where the recording has one, the line need only be a caret's.
 */
function ignoreStrayCarets(expected: string, actual: string): string {
  const lines = actual.split('\n');
  const recorded = expected.split('\n');
  return lines
    .map((line, i) => {
      const stray = /^ +\^$/.test(recorded[i] ?? '') && recorded[i]!.length > recorded[i - 1]!.length + CARET_SLACK;
      return stray && /^ +\^$/.test(line) ? recorded[i] : line;
    })
    .join('\n');
}

/** A return value as it is compared: of `read` and `list` only the sign counts. */
function comparedReturn(step: Step): string {
  const ret = step.ret ?? 0;
  return (step.op === 'read' || step.op === 'list') && ret >= 0 ? 'not negative' : String(ret);
}

function compareStep(id: string, index: number, recorded: Step, run: Step): Difference[] {
  const expected = recorded.op === 'fork' ? '' : maskOutput(recorded.path, recorded.out ?? '');
  const actual = recorded.op === 'fork' ? '' : maskOutput(recorded.path, run.out ?? '');
  const isErrorLog = recorded.op === 'read' && ERROR_LOG.test(recorded.path);
  const pairs = [
    { what: 'ret' as const, expected: comparedReturn(recorded), actual: comparedReturn(run) },
    { what: 'out' as const, expected, actual: isErrorLog ? ignoreStrayCarets(expected, actual) : actual },
  ];
  return pairs
    .filter(({ expected, actual }) => expected !== actual)
    .map((pair) => ({ id, index, step: recorded, ...pair }));
}

/** Compares a run with what was recorded, step by step, under the masks. Steps that have no recorded result are not compared. */
export function compareTranscripts(recorded: Transcript, run: Transcript): Difference[] {
  return recorded.steps.flatMap((step, index) =>
    step.ret === undefined ? [] : compareStep(recorded.id, index, step, run.steps[index] ?? step),
  );
}
