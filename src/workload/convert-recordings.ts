import { type ConversionKernel, convertScripts } from './convert.ts';
import { packScript } from './pack.ts';
import type { RecordingSource } from './recordings.ts';

/**
 * Which bytes the converter makes: raised with every change after which it makes others of the same recordings, so that none that an older
 * one made are taken for its own.
 */
export const CONVERTER_REVISION = 1;

/** Names of the files that the converter reads. */
const READ = /\.(fgraph|func|objects)$|^(objects-definitions|event-flags)\.txt$/;

/**
 * Turns recordings into packed workloads, one for each program (`NAME.fgraph`), named as the program. Besides the tree it uses what there is
 * of `NAME.func`, `NAME-ret.fgraph`, `NAME-events.fgraph`, `NAME.objects`, `objects-definitions.txt` and `event-flags.txt`; programs lend each
 * other what one of them lacks. The files are unpacked and without `.gz` in their names.
 */
export function* convertRecordings(
  files: readonly RecordingSource[],
  kernel: ConversionKernel,
): Generator<RecordingSource> {
  for (const { script, pages } of convertScripts(files, kernel))
    yield { name: script.name, bytes: packScript(script, pages) };
}

/** The converter as `importProfile()` takes it. */
export const recordingConverter = {
  revision: CONVERTER_REVISION,
  reads: (name: string): boolean => READ.test(name),
  convert: convertRecordings,
};
