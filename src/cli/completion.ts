import { readFileSync } from 'node:fs';
import { put } from './output.ts';

const FILES = { bash: 'fprobe.bash', zsh: '_fprobe', fish: 'fprobe.fish' } as const;

/** `fprobe completion`: the completion script of a shell. */
export function completion(shell: keyof typeof FILES): void {
  put(readFileSync(new URL(`../completions/${FILES[shell]}`, import.meta.url)));
}
