import { put, putJson } from './output.ts';
import { profileOf } from './profile-option.ts';
import { workloadOf } from './workload-option.ts';

/** `fprobe workloads`: what the profile's recorded programs are. */
export function workloads(options: { json?: boolean; profile?: string }): void {
  const profile = profileOf(options.profile);
  const rows = profile.workloads.names.map((name) => {
    const workload = workloadOf(profile, name);
    const ns = workload.stepTime.at(-1) ?? 0;
    return { name, calls: workload.callFn.length, tasks: workload.tasks.map(({ comm }) => comm), seconds: ns / 1e9 };
  });
  if (options.json) {
    for (const row of rows) if (!putJson(row)) return;
    return;
  }
  const wide = Math.max(8, ...rows.map(({ name }) => name.length));
  put(`${'WORKLOAD'.padEnd(wide)}    CALLS  SECONDS  TASKS\n`);
  for (const { name, calls, tasks, seconds } of rows) {
    if (
      !put(`${name.padEnd(wide)} ${String(calls).padStart(8)} ${seconds.toFixed(3).padStart(8)}  ${tasks.join(' ')}\n`)
    )
      return;
  }
}
