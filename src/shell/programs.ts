import { awk } from './awk.ts';
import type { Program } from './program.ts';
import { filePrograms } from './programs-files.ts';
import { systemPrograms } from './programs-system.ts';
import { textPrograms } from './programs-text.ts';
import { textTools } from './text-tools.ts';

/** The programs in /usr/bin, by name. */
export const PROGRAMS: Readonly<Record<string, Program>> = {
  ...textTools,
  ...filePrograms,
  ...systemPrograms,
  ...textPrograms,
  awk,
  gawk: awk,
  mawk: awk,
};

/** Their names, sorted. */
export const PROGRAM_NAMES: readonly string[] = Object.keys(PROGRAMS).sort();
