/** How a piece of a line looks; `cursor` is where the terminal's cursor stands. */
export type Tone = 'plain' | 'dim' | 'bold' | 'title' | 'chosen' | 'cursor' | 'good' | 'warn' | 'bad' | 'accent';

/** A piece of a line. */
export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** One line of the screen. */
export type Line = readonly Span[];

/** A piece of a line. */
export const span = (text: string, tone: Tone = 'plain'): Span => ({ text, tone });

/** The text of a line. */
export const lineText = (line: Line): string => line.map(({ text }) => text).join('');

/** Where the cursor stands on a screen; `undefined` when it is hidden. */
export function cursorOf(lines: readonly Line[]): { x: number; y: number } | undefined {
  for (const [y, line] of lines.entries()) {
    const at = line.findIndex(({ tone }) => tone === 'cursor');
    if (at >= 0) return { x: lineText(line.slice(0, at)).length, y };
  }
  return undefined;
}

/** A heading with a rule behind it, as wide as the screen. */
export function heading(text: string, width: number, tone: Tone = 'dim'): Line {
  return [span(`── ${text} `, tone), span('─'.repeat(Math.max(0, width - text.length - 4)), 'dim')];
}

const UNITS = ['', 'k', 'M', 'G', 'T'];

/** A count in at most five characters: `12345`, `123k`, `4.5M`. */
export function short(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= (unit === 0 ? 99_999.5 : 999.5) && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  if (unit === 0) return String(Math.round(value));
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)}${UNITS[unit]}`;
}

/** Nanoseconds as seconds. */
export const seconds = (ns: number): string => (ns / 1e9).toFixed(3);

/** A bar of `width` characters that is filled to a part between 0 and 1. */
export function bar(part: number, width: number): string {
  const filled = Math.min(width, Math.max(part > 0 ? 1 : 0, Math.round(part * width)));
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}
