import { errnoName, errnoText } from '../abi/errno.ts';
import { KERNEL_MODULES, loadKernelModule } from '../modules/index.ts';
import { SimulatedKernel } from '../tracefs/index.ts';
import { nearest } from '../ui/nearest.ts';
import { Replay } from '../workload/index.ts';
import { bootOptions } from './boot-options.ts';
import type { DefinedOptions } from './defined-kernel.ts';
import { ExitStatus, UsageError } from './exit-status.ts';
import { argumentBytes } from './input.ts';
import { put, putJson, say } from './output.ts';
import { profileOf } from './profile-option.ts';
import { workloadOf } from './workload-option.ts';

type ModuleOptions = Omit<DefinedOptions, 'event'> & { readonly json?: boolean };

/** `fprobe module load`: loads a module, runs a workload, unloads it, and prints what it said: the kernel log, and `trace` when it traced. */
export function moduleLoad(name: string, params: readonly string[], options: ModuleOptions): void {
  const module = KERNEL_MODULES.find((each) => each.name === name);
  if (!module) {
    const names = KERNEL_MODULES.map((each) => each.name);
    const [near] = nearest(name, names, 1);
    throw new UsageError(`no module ${name}${near ? `, did you mean ${near}?` : ''} (there are ${names.join(' ')})`);
  }
  const profile = profileOf(options.profile);
  const workload = workloadOf(profile, options.workload);
  const kernel = SimulatedKernel.boot(profile, bootOptions(options));
  const { machine, tracing, tracefs } = kernel;
  const replay = new Replay(kernel, workload, { seed: options.seed ?? 0 });
  replay.start();
  const loaded = loadKernelModule(kernel, module, params.map(argumentBytes));
  let traced = '';
  if (typeof loaded !== 'number') {
    replay.run();
    // Before the module goes, and its symbols with it.
    if (tracing.printkArray.buffer.entries() > 0) traced = String(tracefs.read('trace'));
    loaded.unload();
  }
  if (options.json) {
    for (const line of machine.log.lines) {
      const [, time, text] = /^\[ *([\d.]+)\] ([\s\S]*)$/.exec(line)!;
      if (!putJson({ seconds: Number(time), text })) return;
    }
  } else put(machine.log.lines.map((line) => `${line}\n`).join(''));
  if (traced && options.json) {
    for (const line of traced.split('\n')) if (line && !line.startsWith('#') && !putJson({ trace: line })) return;
  } else if (traced) put(`\n${traced}`);
  if (typeof loaded !== 'number') return;
  say(`fprobe: ${name} does not load: ${errnoName(loaded)} (${errnoText(loaded)})`);
  process.exitCode = ExitStatus.REFUSED;
}

/** `fprobe module list`: the modules and their parameters. */
export function moduleList(options: { json?: boolean }): void {
  if (options.json) {
    for (const { name, description, params } of KERNEL_MODULES) if (!putJson({ name, description, params })) return;
    return;
  }
  for (const { name, description, params } of KERNEL_MODULES) {
    const lines = params.map(({ name: param, type, value, description: what }) => {
      const shown = type === 'bool' ? (value ? '1' : '0') : value;
      return `  ${`${param}=${shown}`.padEnd(22)} ${what}\n`;
    });
    if (!put(`${name}: ${description}\n${lines.join('')}`)) return;
  }
}
