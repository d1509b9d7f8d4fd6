import { Errno } from '../abi/errno.ts';
import type { FprobeCore } from '../fprobe/index.ts';
import type { Machine } from '../machine/index.ts';
import type { Tracing } from '../trace/index.ts';

/** What kernel code finds around it. */
export interface ModuleKernel {
  readonly machine: Machine;
  readonly fprobes: FprobeCore;
  readonly tracing: Tracing;
}

/** A parameter that a module takes when it is loaded. */
export type ModuleParam = { readonly name: string; readonly description: string } & (
  | { readonly type: 'string'; readonly value: string; readonly maxLength: number }
  | { readonly type: 'bool'; readonly value: boolean }
);

/** The parameters' values. */
export interface ModuleParams {
  text(name: string): string;
  flag(name: string): boolean;
}

/** A loaded module, until its exit runs. */
export interface ModuleInstance {
  exit(): void;
}

/** A kernel module written in TypeScript. */
export interface KernelModule {
  readonly name: string;
  readonly description: string;
  readonly params: readonly ModuleParam[];
  /** Names of its functions, for kallsyms. */
  readonly functions: readonly string[];
  /** It calls `trace_printk`: loading it grows the trace buffer and notes tasks' names. */
  readonly tracePrintk?: boolean;
  /** `module_init`: the instance, or a negative errno. Prints to the kernel log as it likes. */
  init(kernel: ModuleKernel, params: ModuleParams): ModuleInstance | number;
}

/** Longest text between `=` and the end that the kernel reads as a boolean, `lib/kstrtox.c:kstrtobool()`. */
function parseBool(text: string): boolean | undefined {
  if (/^[yYtT1]/.test(text) || /^o[nN]/i.test(text)) return true;
  if (/^[nNfF0]/.test(text) || /^o[fF]/i.test(text)) return false;
  return undefined;
}

/** Reads `NAME=VALUE` words as `kernel/params.c:parse_args()` does: unknown ones are told of and left out, a wrong value ends it. */
function parseParams(
  module: KernelModule,
  words: readonly string[],
  print: (text: string) => void,
): ModuleParams | number {
  const values = new Map<string, string | boolean>(module.params.map(({ name, value }) => [name, value]));
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = (equals < 0 ? word : word.slice(0, equals)).replaceAll('-', '_');
    const text = equals < 0 ? undefined : word.slice(equals + 1);
    const param = module.params.find((candidate) => candidate.name === name);
    if (!param) {
      print(`${module.name}: unknown parameter '${name}' ignored`);
      continue;
    }
    if (param.type === 'string' && text !== undefined && text.length >= param.maxLength) {
      print(`${name}: string doesn't fit in ${param.maxLength - 1} chars.`);
      print(`${module.name}: \`${text}' too large for parameter \`${name}'`);
      return -Errno.ENOSPC;
    }
    const value = param.type === 'string' ? text : parseBool(text ?? '1');
    if (value === undefined) {
      print(`${module.name}: \`${text ?? ''}' invalid for parameter \`${name}'`);
      return -Errno.EINVAL;
    }
    values.set(name, value);
  }
  return { text: (name) => String(values.get(name)), flag: (name) => values.get(name) === true };
}

/**
 * Loads a module (`insmod`): its functions get addresses, its parameters values, its init runs.
 * @param words `NAME=VALUE`
 * @returns what unloads it, or a negative errno: −EEXIST when it is loaded, −EINVAL and −ENOSPC for parameters, or init's
 */
export function loadKernelModule(
  kernel: ModuleKernel,
  module: KernelModule,
  words: readonly string[],
): { unload(): void } | number {
  const { machine } = kernel;
  const loaded = machine.loadModule({
    name: module.name,
    functions: module.functions.map((name) => ({ name, size: 0x100 })),
  });
  if (typeof loaded === 'number') return loaded;
  if (module.tracePrintk) {
    kernel.tracing.cmdlines.start('cmdline');
    kernel.tracing.top.expand();
  }
  const params = parseParams(module, words, (text) => machine.log.print(text));
  const instance = typeof params === 'number' ? params : module.init(kernel, params);
  if (typeof instance === 'number') {
    machine.unloadModule(module.name);
    return instance;
  }
  return {
    unload: () => {
      instance.exit();
      machine.unloadModule(module.name);
    },
  };
}

/** An address as `%p` prints it: hashed, so that it says nothing about where things are, but the same each time. */
export function hashedPointer(address: bigint): string {
  let hash = Number(address & 0xffffffffn) ^ Math.imul(Number(address >> 32n), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(16, '0');
}
