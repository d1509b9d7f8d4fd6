import type { KernelProfile } from '../profile/index.ts';
import { nearest } from '../ui/nearest.ts';
import { unpackWorkload, type Workload } from '../workload/index.ts';
import { UsageError } from './exit-status.ts';

/** Reads the workload that `-w` names. Throws UsageError with what there is when there is none, or when it is damaged. */
export function workloadOf(profile: KernelProfile, name: string): Workload {
  const { names } = profile.workloads;
  const bytes = names.includes(name) ? profile.workloads.read(name) : undefined;
  if (bytes === undefined) {
    if (names.length === 0)
      throw new UsageError(
        `profile ${profile.name} has no workloads: it was imported without recordings of programs on that kernel`,
      );
    const [near] = nearest(name, names, 1);
    throw new UsageError(`no workload ${name}${near ? `, did you mean ${near}?` : ''} (there are ${names.join(' ')})`);
  }
  const workload = unpackWorkload(bytes);
  if ('error' in workload) throw new UsageError(`workload ${name}: ${workload.error}`);
  return workload;
}
