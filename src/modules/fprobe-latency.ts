import { Fprobe } from '../fprobe/index.ts';
import type { KernelModule } from './kernel-module.ts';

const MAX_SYMBOL_LEN = 4096;
/** Marks of a bar of the longest row. */
const BAR = 40;

/** Measures how long functions take: the entry handler hands the time to the exit handler over the shadow stack. Prints a histogram when it is unloaded. */
export const fprobeLatency: KernelModule = {
  name: 'fprobe_latency',
  description: 'measures how long functions take, with entry data, and prints a histogram when it is unloaded',
  params: [
    {
      name: 'symbol',
      type: 'string',
      value: 'vfs_read',
      maxLength: MAX_SYMBOL_LEN,
      description: 'measured functions: a symbol or a pattern',
    },
  ],
  functions: ['latency_entry', 'latency_exit', 'fprobe_latency_init', 'fprobe_latency_exit'],
  init({ machine, fprobes }, params) {
    const { clock, log } = machine;
    const symbol = params.text('symbol');
    /** By power of two of microseconds. */
    const buckets = new Map<number, number>();
    let hits = 0;
    const fprobe = new Fprobe({
      entryDataSize: 8,
      entryHandler: (_fp, _fn, _retLo, _retHi, _fregs, data) => {
        data?.set(0, clock.now, Math.floor(clock.now / 2 ** 32));
        return 0;
      },
      exitHandler: (_fp, _fn, _retLo, _retHi, _fregs, data) => {
        if (data === null) return;
        const micros = Math.floor((clock.now - Number(data.get(0))) / 1000);
        const bucket = micros === 0 ? 0 : 32 - Math.clz32(micros);
        buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
        hits++;
      },
    });
    const ret = fprobes.registerFprobe(fprobe, symbol);
    if (ret < 0) {
      log.print(`fprobe_latency: register_fprobe failed, returned ${ret}`);
      return ret;
    }
    log.print(`fprobe_latency: measuring ${symbol}, ${fprobe.nodes?.length ?? 0} functions`);
    return {
      exit: () => {
        fprobes.unregisterFprobe(fprobe);
        log.print(`fprobe_latency: ${hits} calls, ${fprobe.nmissed} missed`);
        const most = Math.max(1, ...buckets.values());
        for (let bucket = Math.min(...buckets.keys()); bucket <= Math.max(...buckets.keys()); bucket++) {
          const count = buckets.get(bucket) ?? 0;
          const below = `< ${2 ** bucket} us`;
          log.print(
            `fprobe_latency: ${below.padStart(12)} ${String(count).padStart(6)} ${'#'.repeat(Math.ceil((BAR * count) / most))}`.trimEnd(),
          );
        }
      },
    };
  },
};
