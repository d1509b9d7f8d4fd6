import { type ConversionKernel, convertScripts } from './convert.ts';
import { packScript } from './pack.ts';
import type { RecordingSource } from './recordings.ts';

/**
 * Turns recordings into packed workloads, one for each program (`NAME.fgraph`), named as the program. Besides the tree it uses what there is
 * of `NAME.func`, `NAME-ret.fgraph`, `NAME.objects` and `objects-definitions.txt`; programs lend each other what one of them lacks. The files
 * are unpacked and without `.gz` in their names. Made for `importProfile()`.
 */
export function convertRecordings(files: readonly RecordingSource[], kernel: ConversionKernel): RecordingSource[] {
  return convertScripts(files, kernel).map(({ script, pages }) => ({
    name: script.name,
    bytes: packScript(script, pages),
  }));
}
