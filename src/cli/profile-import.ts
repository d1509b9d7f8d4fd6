import { importProfile } from '../profile/index.ts';
import { convertRecordings } from '../workload/index.ts';
import { UsageError } from './exit-status.ts';
import { say } from './output.ts';

/** `fprobe profile import`: builds a profile from what a kernel tells of itself. */
export function profileImport(source: string, options: { output: string; name?: string }): void {
  const { output, name } = options;
  const result = importProfile(source, output, { convertRecordings, ...(name !== undefined && { name }) });
  if ('error' in result) throw new UsageError(result.error);
  for (const warning of result.warnings) say(`fprobe: ${warning}`);
  const { manifest, symbols, functions, types, events } = result;
  say(`${manifest.name}: ${symbols} symbols, ${functions} traceable functions, ${types} types, ${events} events`);
}
