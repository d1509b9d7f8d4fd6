/** One way to go on. */
export interface Candidate {
  /** What stands in the place of the piece that is completed. */
  readonly text: string;
  /** What it is, in a few words. */
  readonly note?: string | undefined;
}

/** How a text can go on. */
export interface Completion {
  /** Index in the text of the first character of the piece that is completed. */
  readonly from: number;
  readonly candidates: readonly Candidate[];
}

/** Nothing is known that could come here. */
export const noCompletion = (text: string): Completion => ({ from: text.length, candidates: [] });

/** Candidates that are shown one by one; of more than these, only how they go on. */
const MOST = 200;

/**
 * Candidates for names that start with a prefix. Too many of them are taken together: up to the end of the next word of the name, or
 * by the next character alone, the way paths are completed folder by folder.
 */
export function nameCandidates(names: readonly string[], prefix: string, what: string): Candidate[] {
  if (names.length <= MOST) return names.map((text) => ({ text }));
  const words = grouped(names, (name) => wordEnd(name, prefix.length));
  const groups = words.size <= MOST ? words : grouped(names, () => prefix.length + 1);
  return [...groups].map(([text, count]) => (count === 1 ? { text } : { text, note: `${count} ${what}` }));
}

/** Where the word that starts at an index ends in a name, with the `_` or `.` behind it. */
function wordEnd(name: string, start: number): number {
  const match = /[^_.]+[_.]+/y;
  match.lastIndex = start + (/^[_.]*/.exec(name.slice(start))?.[0].length ?? 0);
  return match.exec(name) === null ? name.length : match.lastIndex;
}

/** How many names begin with each piece; a piece with one name is that name. */
function grouped(names: readonly string[], end: (name: string) => number): Map<string, number> {
  const counts = new Map<string, { count: number; name: string }>();
  for (const name of names) {
    const piece = name.slice(0, end(name));
    const group = counts.get(piece);
    if (group === undefined) counts.set(piece, { count: 1, name });
    else group.count++;
  }
  return new Map([...counts].map(([piece, { count, name }]) => [count === 1 ? name : piece, count]));
}
