import type { EventField } from '../trace/event-field.ts';
import { TRACE_ENTRY_SIZE } from '../trace/event-field.ts';
import { type ProbeArg, probeArgSize } from './probe-arg.ts';

const ADDRESS = { type: 'unsigned long', size: 8, signed: false } as const;
const ENTRY_HEAD: readonly EventField[] = [{ name: '__probe_ip', offset: TRACE_ENTRY_SIZE, ...ADDRESS }];
const RETURN_HEAD: readonly EventField[] = [
  { name: '__probe_func', offset: TRACE_ENTRY_SIZE, ...ADDRESS },
  { name: '__probe_ret_ip', offset: TRACE_ENTRY_SIZE + 8, ...ADDRESS },
];

/** Bytes before the first argument in a record: the common header, then one address, or two for a return. */
export const probeHeadSize = (isReturn: boolean): number => TRACE_ENTRY_SIZE + (isReturn ? 16 : 8);

/** Bytes that all arguments take in the fixed part of a record. */
export function probeArgsSize(args: readonly ProbeArg[]): number {
  const last = args.at(-1);
  return last === undefined ? 0 : last.offset + probeArgSize(last);
}

/** The fields of a probe event in `format` order, `kernel/trace/trace_probe.c:traceprobe_define_arg_fields()`. */
export function probeFields(args: readonly ProbeArg[], isReturn: boolean): EventField[] {
  const head = probeHeadSize(isReturn);
  const fields = args.map((arg) => ({
    name: arg.name,
    type: arg.count > 0 ? `${arg.type.fieldType}[${arg.count}]` : arg.type.fieldType,
    offset: head + arg.offset,
    size: probeArgSize(arg),
    signed: arg.type.signed,
  }));
  return [...(isReturn ? RETURN_HEAD : ENTRY_HEAD), ...fields];
}

function references({ name, count, type }: ProbeArg): string[] {
  const names = count > 0 ? Array.from({ length: count }, (_, i) => `${name}[${i}]`) : [name];
  return names.map((one) => (type.isString ? `__get_str(${one})` : `REC->${one}`));
}

/** What `print fmt` says of a probe event, `kernel/trace/trace_probe.c:traceprobe_set_print_fmt()`. */
export function probePrintFmt(args: readonly ProbeArg[], isReturn: boolean): string {
  const [head, addresses] = isReturn
    ? ['(%lx <- %lx)', ['REC->__probe_func', 'REC->__probe_ret_ip']]
    : ['(%lx)', ['REC->__probe_ip']];
  const formats = args.map(({ name, count, type }) => {
    const format = count > 0 ? `{${Array(count).fill(type.format).join(',')}}` : type.format;
    return ` ${name}=${format}`;
  });
  return [`"${head}${formats.join('')}"`, ...addresses, ...args.flatMap(references)].join(', ');
}
