import type { ProfileError } from './profile-error.ts';
import { packSections } from './section-file.ts';
import { EVENT_ENABLEABLE, EVENT_WORDS } from './static-events.ts';

/** The bytes of `events.bin`, the text it points into, and how many events of `available_events` had no format. */
interface BuiltEvents {
  readonly bytes: Uint8Array;
  readonly formats: Uint8Array;
  readonly count: number;
  readonly withoutFormat: number;
}

interface Format {
  readonly id: number;
  readonly text: string;
}

/**
 * Makes the tables of the static events from `available_events` (lines `SYSTEM:NAME`) and the text of all `format` files,
 * each after a line `== events/SYSTEM/NAME/format`. Without the first every event with a format can be enabled, but those of the system `ftrace`.
 */
export function buildEvents(available: string | undefined, formatsText: string): BuiltEvents | ProfileError {
  const formats = splitFormats(formatsText);
  if (!(formats instanceof Map)) return formats;
  const lines = available?.split('\n').filter((line) => line !== '');
  const listed = [...new Set(lines ?? [...formats.keys()].filter((full) => !full.startsWith('ftrace:')))];
  const malformed = listed.find((line) => !/^[^:\s\0]+:[^:\s\0]+$/.test(line));
  if (malformed !== undefined)
    return {
      error: `available_events has a line that is not "SYSTEM:NAME": ${JSON.stringify(malformed.slice(0, 60))}`,
    };
  const known = listed.filter((full) => formats.has(full));
  const knownSet = new Set(known);
  const hidden = [...formats.keys()].filter((full) => !knownSet.has(full));
  const names = [...known, ...hidden];
  const table = new Uint32Array(names.length * EVENT_WORDS);
  const texts: Uint8Array[] = [];
  let at = 0;
  for (const [i, full] of names.entries()) {
    const { id, text } = formats.get(full)!;
    const bytes = new TextEncoder().encode(text);
    table.set([id, at, bytes.length, i < known.length ? EVENT_ENABLEABLE : 0], i * EVENT_WORDS);
    texts.push(bytes);
    at += bytes.length;
  }
  const joined = new Uint8Array(at);
  for (const [i, text] of texts.entries()) joined.set(text, table[i * EVENT_WORDS + 1]);
  return {
    bytes: packSections('events', [table, new TextEncoder().encode(names.map((full) => `${full}\0`).join(''))]),
    formats: joined,
    count: names.length,
    withoutFormat: listed.length - known.length,
  };
}

function splitFormats(text: string): Map<string, Format> | ProfileError {
  const formats = new Map<string, Format>();
  const parts = text.split(/^== events\/([^/\s:\0]+)\/([^/\s:\0]+)\/format\n/m);
  if (parts[0] !== '') return { error: 'does not start with a line "== events/SYSTEM/NAME/format"' };
  for (let i = 1; i + 2 < parts.length; i += 3) {
    const full = `${parts[i]}:${parts[i + 1]}`;
    const body = parts[i + 2]!;
    const id = /^ID: (\d{1,9})$/m.exec(body)?.[1];
    if (id === undefined) return { error: `has no "ID:" for ${full}` };
    formats.set(full, { id: Number(id), text: body });
  }
  return formats;
}
