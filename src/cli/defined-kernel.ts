import type { ArchName } from '../machine/index.ts';
import { SimulatedKernel } from '../tracefs/index.ts';
import type { Workload } from '../workload/index.ts';
import { bootOptions } from './boot-options.ts';
import { ExitStatus } from './exit-status.ts';
import { Checker, findingText, optionSources } from './finding.ts';
import { say } from './output.ts';
import { profileOf } from './profile-option.ts';
import { workloadOf } from './workload-option.ts';

/** Options of commands that define events and run a workload under them. */
export interface DefinedOptions {
  readonly event: readonly string[];
  readonly workload: string;
  readonly cpus: number;
  readonly seed?: number;
  readonly arch?: ArchName;
  readonly profile?: string;
}

/**
 * Boots a kernel with the events that the options define, and finds the workload. Where the kernel refuses a definition, says so on stderr, sets the exit
 * status, and gives nothing.
 */
export function definedKernel(
  options: DefinedOptions,
  definitions: readonly string[],
): { kernel: SimulatedKernel; workload: Workload } | undefined {
  const profile = profileOf(options.profile);
  const workload = workloadOf(profile, options.workload);
  const sources = optionSources(definitions);
  const checker = new Checker(profile, options.arch);
  const findings = sources.map(({ name, definitions: [first] }) => checker.find(name, first!));
  const refused = findings.map((finding) => (finding.answer.ret < 0 ? findingText(finding) : '')).join('');
  if (refused !== '') {
    process.stderr.write(Buffer.from(refused, 'latin1'));
    process.exitCode = ExitStatus.REFUSED;
    return undefined;
  }
  const kernel = SimulatedKernel.boot(profile, bootOptions(options));
  for (const {
    definitions: [first],
  } of sources)
    kernel.tracefs.append('dynamic_events', `${first!.text}\n`);
  return { kernel, workload };
}

/** Says on stderr which events missed hits, and what the kernel logged meanwhile. */
export function sayKernelTalk({ dynamicEvents, machine }: SimulatedKernel): void {
  for (const { name, nmissed } of dynamicEvents.missed()) say(`fprobe: ${name} missed ${nmissed} hits`);
  for (const line of machine.log.lines) say(`kernel: ${line}`);
}
