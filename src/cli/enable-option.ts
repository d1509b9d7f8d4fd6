import { Glob } from '../abi/glob.ts';
import type { SimulatedKernel } from '../tracefs/index.ts';
import { nearest } from '../ui/nearest.ts';
import { UsageError } from './exit-status.ts';
import { argumentBytes } from './input.ts';

/** What one `-E` asks for: the events that a pattern means, and a filter for them. */
interface Enabling {
  readonly pattern: string;
  readonly filter: string | undefined;
}

/** `SYSTEM:EVENT`, both with wildcards, and behind ` if ` a filter. */
function parseEnabling(text: string): Enabling {
  const [, head = '', filter] = /^\s*(\S*)(?:\s+if\s+([\s\S]+))?$/.exec(argumentBytes(text)) ?? [];
  if (head === '') throw new UsageError(`-E ${JSON.stringify(text)}: it takes SYSTEM:EVENT, and a filter behind if`);
  return { pattern: head, filter };
}

/** The names that a pattern means; without a colon it is a system or an event. */
function matching(pattern: string, names: readonly string[]): string[] {
  const glob = new Glob(pattern);
  if (pattern.includes(':')) return names.filter((name) => glob.test(name));
  return names.filter((name) => name.split(':').some((part) => glob.test(part)));
}

function unknownEvent(pattern: string, names: readonly string[]): UsageError {
  const event = pattern.split(':').at(-1)!;
  const [near] = [
    ...nearest(pattern, names, 1),
    ...names.filter((name) => name.endsWith(`:${event}`)),
    ...nearest(event, new Set(names.flatMap((name) => name.split(':'))), 1),
  ];
  return new UsageError(`no event ${pattern}${near === undefined ? '' : `, did you mean ${near}?`}`);
}

/**
 * Enables the events that `-E` options mean, those that definitions made included.
 * @returns the kernel's error block for filters that it refuses, `''` when all went well
 */
export function enableEvents({ tracefs }: SimulatedKernel, texts: readonly string[]): string {
  const names = String(tracefs.read('available_events')).trimEnd().split('\n');
  for (const { pattern, filter } of texts.map(parseEnabling)) {
    const wanted = matching(pattern, names);
    if (wanted.length === 0) throw unknownEvent(pattern, names);
    for (const name of wanted) {
      const dir = `events/${name.replace(':', '/')}`;
      if (filter !== undefined && tracefs.write(`${dir}/filter`, `${filter}\n`) < 0)
        return `${name}: filter\n${tracefs.read(`${dir}/filter`)}`;
      tracefs.write(`${dir}/enable`, '1\n');
    }
  }
  return '';
}
