import { ARCHES } from '../machine/arch.ts';
import type { ArgumentInfo, OptionInfo } from './command-tree.ts';

/**
 * What completes a value: some fixed words, files, folders or commands of the host, or what `fprobe __complete` knows of that kind.
 * Scripts write it as `=word,word`, `file`, `dir`, `command`, `none`, or the kind's name.
 */
export type ValueKind = string;

/** Kinds that `fprobe __complete` knows. */
export const DYNAMIC_KINDS = [
  'definition',
  'event',
  'workload',
  'profile',
  'module',
  'moment',
  'kernel',
  'tracing-file',
  'tracing-dir',
] as const;
/** One of them. */
export type DynamicKind = (typeof DYNAMIC_KINDS)[number];

/** How values are completed, by the names that help texts give them. */
const KINDS: Readonly<Record<string, ValueKind>> = {
  ...Object.fromEntries(DYNAMIC_KINDS.map((kind) => [kind, kind])),
  arch: `=${Object.keys(ARCHES).join(',')}`,
  file: 'file',
  script: 'file',
  steps: 'file',
  tests: 'file',
  transcripts: 'file',
  // What is written into a tracing file: mostly definitions.
  words: 'definition',
  command: 'command',
  folder: 'dir',
  dir: 'dir',
};

const choice = (choices: readonly string[]): ValueKind | undefined =>
  choices.length > 0 ? `=${choices.join(',')}` : undefined;

/** What completes an option's value; `none` where nothing is known, `undefined` for a switch. */
export function optionKind({ value, choices }: OptionInfo): ValueKind | undefined {
  if (value === undefined) return undefined;
  const kind = choice(choices) ?? KINDS[value] ?? 'none';
  // What is a command there is none of the host's.
  return kind === 'command' ? 'none' : kind;
}

/** What completes an argument. */
export function argumentKind({ name, choices }: ArgumentInfo): ValueKind {
  return choice(choices) ?? KINDS[name] ?? 'none';
}
