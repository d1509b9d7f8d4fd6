import { Errno } from '../abi/errno.ts';
import { isDigitAt, kstrtouint } from '../probe/numbers.ts';
import { Refusal } from '../probe/refusal.ts';
import { kstrtoll, kstrtoull } from '../trace/kstrtox.ts';
import { CommandLog, type ErrorSink } from './command-log.ts';
import { logRefusal } from './definition.ts';
import type { DynamicEventKind } from './dynamic-events.ts';
import { parseEventName } from './event-name.ts';
import type { ProbeKernel } from './probe-kernel.ts';

/*
 * Kinds of dynamic events that this kernel knows but does not build yet. They refuse every command: one that the real ones refuse, too,
 * early in their parser, with the same error; any other with −EINVAL and no entry in the log, as a kernel without them does.
 */

/** Most instances that `rN:` may ask for, `kernel/trace/trace_kprobe.c:KRETPROBE_MAXACTIVE_MAX`. */
const KRETPROBE_MAXACTIVE_MAX = 4096;

function refuseMaxactive(head: string, log: CommandLog): boolean {
  if (!isDigitAt(head, 1)) return false;
  const colon = head.indexOf(':');
  const maxactive = kstrtouint(head.slice(1, colon < 0 ? head.length : colon));
  if (head[0] === 'p') log.add('BAD_MAXACT_TYPE', 0, 1);
  else if (maxactive <= 0) log.add('BAD_MAXACT', 0, 1);
  else if (maxactive > KRETPROBE_MAXACTIVE_MAX) log.add('MAXACT_TOO_BIG', 0, 1);
  else return false;
  return true;
}

/** `p[:…] SYMBOL[+OFF]`, `r[N][:…] SYMBOL[+OFF]` (`kernel/trace/trace_kprobe.c:trace_kprobe_create_internal()`). */
function refuseKprobe({ machine }: ProbeKernel, words: readonly string[], log: CommandLog): void {
  const symbol = words[1]!;
  // An address, or a symbol of a module that may come, is fine.
  if (refuseMaxactive(words[0]!, log) || kstrtoull(symbol, 0).errno === undefined || symbol.includes(':')) return;
  const percent = symbol.indexOf('%');
  if (percent >= 0 && symbol.slice(percent) !== '%return') {
    log.add('BAD_ADDR_SUFFIX', 1, percent);
    return;
  }
  const place = percent < 0 ? symbol : symbol.slice(0, percent);
  const sign = place.search(/[+-]/);
  const offset = kstrtoll(sign < 0 ? '0' : place.slice(sign), 0);
  const name = sign < 0 ? place : place.slice(0, sign);
  if (offset.errno !== undefined || offset.value < 0n || !machine.kallsyms.has(name)) log.add('BAD_PROBE_ADDR', 1);
}

/** `e[:…] SYSTEM/EVENT` (`kernel/trace/trace_eprobe.c:__trace_eprobe_create()`). */
function refuseEventProbe({ tracing }: ProbeKernel, words: readonly string[], log: CommandLog): number {
  const colon = words[0]!.indexOf(':', 1);
  const own = colon < 0 ? undefined : parseEventName(words[0]!.slice(colon + 1), colon + 1);
  if (own instanceof Refusal) return logRefusal(own, 0, log);
  const attached = parseEventName(words[1]!, 0);
  if (attached instanceof Refusal) logRefusal(attached, 1, log);
  if (attached instanceof Refusal || attached.group === undefined || attached.event === undefined) {
    log.add('NO_EVENT_INFO', 1);
    return -Errno.EINVAL;
  }
  if (tracing.events.find(attached.group, attached.event) !== undefined) return -Errno.EINVAL;
  log.add('BAD_ATTACH_EVENT', 1);
  return -Errno.ENODEV;
}

const isProbe = (words: readonly string[]) => (words[0]![0] === 'p' || words[0]![0] === 'r') && words.length > 1;
/** `PATH:OFFSET` is a place in a program. No program of the simulated machine is a file. */
const isProgramPlace = (word: string) => word.includes('/') && word.includes(':');

/** The kinds in the order in which the kernel asks them. */
export function otherKinds(kernel: ProbeKernel, sink: ErrorSink): DynamicEventKind[] {
  return [
    {
      create: (words) => {
        if (!isProbe(words) || isProgramPlace(words[1]!)) return -Errno.ECANCELED;
        refuseKprobe(kernel, words, new CommandLog('trace_kprobe', words, sink));
        return -Errno.EINVAL;
      },
    },
    {
      create: (words) => {
        if (!isProbe(words) || !isDigitAt(words[1]!, words[1]!.lastIndexOf(':') + 1)) return -Errno.ECANCELED;
        new CommandLog('trace_uprobe', words, sink).add('FILE_NOT_FOUND', 1);
        return -Errno.ENOENT;
      },
    },
    {
      create: (words) => {
        if (words[0]![0] !== 'e' || words.length < 2) return -Errno.ECANCELED;
        return refuseEventProbe(kernel, words, new CommandLog('event_probe', words, sink));
      },
    },
  ];
}
