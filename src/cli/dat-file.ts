import { closeSync, openSync, writeSync } from 'node:fs';
import { traceDat } from '../export/index.ts';
import type { SimulatedKernel } from '../tracefs/index.ts';
import { UsageError } from './exit-status.ts';
import { put } from './output.ts';

/** Writes what a kernel recorded as a trace.dat file. */
export function putDatFile(path: string, kernel: SimulatedKernel): void {
  if (path === '-' && process.stdout.isTTY) throw new UsageError('--dat -: a trace.dat file is not for a terminal');
  const parts = traceDat(kernel);
  if (path === '-') {
    for (const part of parts) if (!put(part)) return;
    return;
  }
  try {
    const file = openSync(path, 'w');
    for (const part of parts) for (let at = 0; at < part.length; ) at += writeSync(file, part, at);
    closeSync(file);
  } catch (error) {
    throw new UsageError(`--dat: ${(error as Error).message}`);
  }
}
