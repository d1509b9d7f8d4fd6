import { InvalidArgumentError, Option } from 'commander';

const collect = (value: string, all: readonly string[]): string[] => [...all, value];

/** Parser of an option that takes a whole number; anything else is a usage error that says so. */
export function wholeNumber(min: number, max: number) {
  return (value: string): number => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max)
      throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
    return number;
  };
}

/** Parser of an option that takes a number above 0. */
export function positiveNumber(value: string): number {
  const number = Number(value);
  if (!/^\d*\.?\d+(?:e-?\d+)?$/i.test(value) || number <= 0 || number > 1e6)
    throw new InvalidArgumentError('It takes a number above 0.');
  return number;
}

/** What every command's help ends with. */
export const EXIT_STATUS = `
Exit status: 0 all went well; 1 the kernel refused something, or a transcript differed; 2 the command line, an input or a
profile cannot be used.`;

/** `--profile`. */
export const profileOption = () =>
  new Option('--profile <profile>', 'kernel profile: a name that fprobe profile list has, or a folder').default(
    undefined,
    'the one that fprobe profile use chose, or the built-in one',
  );
/** `-w`. */
export const workloadOption = () =>
  new Option('-w, --workload <workload>', 'what runs; fprobe workloads lists them').default('cat');
/** `--cpus`. */
export const cpusOption = () =>
  new Option('--cpus <n>', 'number of simulated cpus').argParser(wholeNumber(1, 64)).default(1);
/** `--seed`. */
export const seedOption = () =>
  new Option('--seed <n>', 'where everything random comes from').argParser(wholeNumber(0, 0xffffffff)).default(0);
/** `-e`. */
export const definitionOption = () =>
  new Option('-e, --event <definition>', 'a definition, as written to dynamic_events; may be repeated')
    .argParser(collect)
    .default([] as string[], 'none');
/** `-E`. */
export const enableOption = () =>
  new Option('-E, --enable <event>', 'a static event, SYSTEM:EVENT with wildcards, a filter behind if; may be repeated')
    .argParser(collect)
    .default([] as string[], 'none');
