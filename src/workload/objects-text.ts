import { type LineFlags, parseFlags } from './func-text.ts';

/** What a fetched argument showed. */
export type Shown =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'fault' };

/** One line of the events of a recording. */
export interface ObjectEvent {
  readonly comm: string;
  readonly pid: number;
  readonly event: string;
  readonly flags: LineFlags;
  /** What follows the event's name, without the place in brackets. */
  readonly text: string;
  /** Arguments of a probe event; empty for others. */
  readonly shown: ReadonlyMap<string, Shown>;
}

const LINE = /^\s*(.*?)-(\d+)\s+\[\d+\] (\S)(\S)(\S)(\S)(\S)\s+[\d.]+: (.*)$/;
const PROBE = /^([A-Za-z_]\w*): \((?:\S+ <- )?\S+\)(?: ([\s\S]*))?$/;
const EVENT = /^([A-Za-z_]\w*): ([\s\S]*)$/;
const SYSCALL = /^(sys_[a-z_0-9]+)(\(| -> )/;
const VALUE = /([A-Za-z_]\w*)=(\(fault\)|"(?:[^"]|"(?! [A-Za-z_]\w*=|$))*"|\S+)/g;

/** Reads the `trace` text of probe events and static events. A string may hold newlines. */
export function parseObjects(text: string): ObjectEvent[] {
  const records: string[] = [];
  for (const line of text.split('\n')) {
    if (LINE.test(line)) records.push(line);
    else if (records.length > 0 && !line.startsWith('#')) records[records.length - 1] += `\n${line}`;
  }
  return records.flatMap((record) => parseRecord(record.replace(/\n+$/, '')) ?? []);
}

function parseRecord(record: string): ObjectEvent | undefined {
  const newline = record.indexOf('\n');
  const m = LINE.exec(newline < 0 ? record : record.slice(0, newline));
  if (m === null) return undefined;
  const body = m[8] + (newline < 0 ? '' : record.slice(newline));
  const head = { comm: m[1], pid: Number(m[2]), flags: parseFlags(m[3], m[4], m[5], m[6], m[7]) };
  const syscall = SYSCALL.exec(body);
  if (syscall !== null) return { ...head, event: syscall[1], text: body.slice(syscall[1].length), shown: new Map() };
  const probe = PROBE.exec(body);
  if (probe !== null) return { ...head, event: probe[1], text: probe[2] ?? '', shown: parseShown(probe[2] ?? '') };
  const event = EVENT.exec(body);
  return event === null ? undefined : { ...head, event: event[1], text: event[2], shown: new Map() };
}

function parseShown(text: string): Map<string, Shown> {
  const shown = new Map<string, Shown>();
  for (const [, name, value] of text.matchAll(VALUE)) {
    if (value === '(fault)') shown.set(name, { kind: 'fault' });
    else if (value.startsWith('"')) shown.set(name, { kind: 'string', text: value.slice(1, -1) });
    else if (/^(-?\d+|0x[0-9a-f]+)$/.test(value))
      shown.set(name, { kind: 'number', value: BigInt.asUintN(64, BigInt(value)) });
  }
  return shown;
}

/** Values of a static event's text, `a=1 b=x`. */
export function eventField(text: string, name: string): string | undefined {
  return new RegExp(`(?:^|[ (])${name}[=:] ?([^ ,)]+)`).exec(text)?.[1];
}
