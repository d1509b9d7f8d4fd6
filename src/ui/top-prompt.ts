import type { Completion } from './completion.ts';
import type { TopKey } from './top-keys.ts';

/** A line that is typed at the bottom of the screen. */
export interface TopPrompt {
  /** What is asked for: a definition, a filter of a probe, a text to find. */
  readonly kind: 'add' | 'filter' | 'find';
  readonly text: string;
  /** Index in the text where the next character goes. */
  readonly cursor: number;
  /** How the text can go on; which of it is chosen, −1 for none. */
  readonly completion: Completion;
  readonly chosen: number;
  readonly refusal: PromptRefusal | undefined;
}

/** What was said against a line. */
export interface PromptRefusal {
  readonly text: string;
  /** Index of the character that it is about. */
  readonly at: number;
  /** What would be right. */
  readonly hint?: string | undefined;
}

/** Tells how a text can go on. */
export type Complete = (kind: TopPrompt['kind'], text: string) => Completion;

/** An empty line, or one with a text to change. */
export function openPrompt(kind: TopPrompt['kind'], text: string, complete: Complete): TopPrompt {
  return { kind, text, cursor: text.length, completion: complete(kind, text), chosen: -1, refusal: undefined };
}

/** The line after a key; Enter and Escape are for whoever has opened it. */
export function promptKey(prompt: TopPrompt, key: TopKey, complete: Complete): TopPrompt {
  const { text, cursor } = prompt;
  if ('text' in key) {
    return edited(prompt, text.slice(0, cursor) + key.text + text.slice(cursor), cursor + key.text.length, complete);
  }
  switch (key.name) {
    case 'left':
      return moved(prompt, cursor - 1, complete);
    case 'right':
      return moved(prompt, cursor + 1, complete);
    case 'home':
      return moved(prompt, 0, complete);
    case 'end':
      return moved(prompt, text.length, complete);
    case 'backspace':
      return cursor === 0
        ? prompt
        : edited(prompt, text.slice(0, cursor - 1) + text.slice(cursor), cursor - 1, complete);
    case 'delete':
      return edited(prompt, text.slice(0, cursor) + text.slice(cursor + 1), cursor, complete);
    case 'kill':
      return edited(prompt, text.slice(cursor), 0, complete);
    case 'up':
    case 'down':
      return choose(prompt, key.name === 'up' ? -1 : 1);
    case 'tab':
      return completed(prompt, complete);
    default:
      return prompt;
  }
}

function moved(prompt: TopPrompt, to: number, complete: Complete): TopPrompt {
  const { kind, text } = prompt;
  const cursor = Math.min(Math.max(0, to), text.length);
  return { ...prompt, cursor, completion: complete(kind, text.slice(0, cursor)), chosen: -1 };
}

function edited(prompt: TopPrompt, text: string, cursor: number, complete: Complete): TopPrompt {
  const completion = complete(prompt.kind, text.slice(0, cursor));
  return { ...prompt, text, cursor, completion, chosen: -1, refusal: undefined };
}

function choose(prompt: TopPrompt, by: number): TopPrompt {
  const count = prompt.completion.candidates.length;
  if (count === 0) return prompt;
  const from = prompt.chosen < 0 && by < 0 ? 0 : prompt.chosen;
  return { ...prompt, chosen: (from + by + count) % count };
}

/** Takes the chosen candidate, or what all of them begin with. */
function completed(prompt: TopPrompt, complete: Complete): TopPrompt {
  const { completion, chosen, text, cursor } = prompt;
  const { candidates, from } = completion;
  if (candidates.length === 0) return prompt;
  const taken = chosen >= 0 ? candidates[chosen]!.text : commonStart(candidates.map((candidate) => candidate.text));
  if (from + taken.length < cursor) return prompt;
  return edited(prompt, text.slice(0, from) + taken + text.slice(cursor), from + taken.length, complete);
}

function commonStart(texts: readonly string[]): string {
  let common = texts[0]!;
  for (const text of texts) while (!text.startsWith(common)) common = common.slice(0, -1);
  return common;
}
