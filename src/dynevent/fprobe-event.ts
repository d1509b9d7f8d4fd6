import type { CommandLog } from './command-log.ts';
import { findRetval, type ProbeTarget } from './definition.ts';
import { defaultFprobeName } from './event-name.ts';
import type { ProbeKind } from './probe-events.ts';
import type { FprobeRegistry } from './probe-kernel.ts';

/** `SYMBOL[%return]`; a `$retval` anywhere in the arguments makes it a return probe, too. */
function parseTarget(log: CommandLog): ProbeTarget | undefined {
  const word = log.words[1]!;
  const percent = word.indexOf('%');
  if (percent < 0) return { symbol: word, isReturn: log.words.some((arg, i) => i > 1 && findRetval(arg) >= 0) };
  if (word.slice(percent) === '%return') return { symbol: word.slice(0, percent), isReturn: true };
  log.add('BAD_ADDR_SUFFIX', 1, percent);
  return undefined;
}

/** Probes on functions: `f[:[GROUP/][EVENT]] SYMBOL[%return] [ARG…]`. The symbol may be a pattern of functions. */
export function fprobeKind(fprobes: FprobeRegistry): ProbeKind {
  return {
    letter: 'f',
    group: 'fprobes',
    isTracepoint: false,
    parseTarget,
    defaultEvent: ({ symbol, isReturn }) => defaultFprobeName(symbol, isReturn),
    functionName: (symbol) => symbol,
    attachment: (symbol) => ({
      attach: (fprobe) => fprobes.registerFprobe(fprobe, symbol),
      detach: (fprobe) => {
        if (fprobes.isRegistered(fprobe)) fprobes.unregisterFprobe(fprobe);
      },
    }),
  };
}
