import { bytesText } from '../trace/print-fields.ts';
import { compilePrintFmt, type FormatPrinter } from '../trace/print-fmt.ts';
import type { RecordView } from '../trace/record.ts';
import type { TraceSeq } from '../trace/trace-seq.ts';
import type { SynthEvent } from './synth-event.ts';
import { numberFormat, type SynthField } from './synth-field.ts';
import { TEXT_SIZE } from './tracing-map.ts';

/** Name of the field under which flags of allocations are printed. */
const FLAGS = 'flags';

/** The `print fmt` of a synthetic event (`__set_synth_event_print_fmt()`). */
export function synthPrintFmt(fields: readonly SynthField[]): string {
  const format = fields.map(({ name, type }) => `${name}=${numberFormat(type) ?? '%s'}`).join(' ');
  const args = fields.map(({ name, kind, isDynamic }) => {
    if (!isDynamic) return `, REC->${name}`;
    return kind === 'stack' ? `, __get_stacktrace(${name})` : `, __get_str(${name})`;
  });
  return `"${format}"${args.join('')}`;
}

/** Prints flags of allocations by name as events of the kernel do; where none shows how, as a number. */
export function gfpPrinter(printFmt: string | undefined, offset: number): FormatPrinter | undefined {
  const start = printFmt?.indexOf('"|", ') ?? -1;
  const table = start < 0 ? undefined : /^"\|", (\{.*?\})\s*\) :/.exec(printFmt!.slice(start))?.[1];
  const field = { name: FLAGS, type: 'gfp_t', offset, size: 4, signed: false };
  return table === undefined
    ? undefined
    : compilePrintFmt(`"%s", __print_flags(REC->${FLAGS}, "|", ${table})`, {
        fields: [field],
        enumerator: () => undefined,
      });
}

function numberText({ size, type }: SynthField, { view, base }: RecordView, offset: number): string {
  const at = base + offset;
  const signed = numberFormat(type)!.endsWith('d');
  // Small numbers lose their sign on the way to the printer.
  if (size === 1) return String(view.getUint8(at));
  if (size === 2) return String(view.getUint16(at, true));
  const value = size === 4 ? view.getUint32(at, true) : view.getBigUint64(at, true);
  if (type === 'gfp_t') return value.toString(16);
  return signed ? BigInt.asIntN(8 * size, BigInt(value)).toString() : value.toString();
}

function stackText({ view, base }: RecordView, offset: number, out: TraceSeq): string {
  const place = view.getUint16(base + offset, true);
  const words = view.getUint16(base + offset + 2, true) / 8;
  let text = 'STACK:\n';
  for (let i = 1; i < words; i++) {
    const at = base + place + 8 * i;
    const [lo, hi] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    text += `=> ${out.context.symbol(lo, hi, true) ?? `0x${view.getBigUint64(at, true).toString(16)}`}\n`;
  }
  return text;
}

/** A text; for one of fixed size the kernel prints its size, which it takes for a pointer, and the text for what follows. */
function stringText(
  { isDynamic }: SynthField,
  { view, bytes, base }: RecordView,
  offset: number,
  space: string,
): string {
  if (!isDynamic) return `(efault)${bytesText(bytes, base + offset, TEXT_SIZE)}`;
  return bytesText(bytes, base + view.getUint16(base + offset, true), TEXT_SIZE) + space;
}

/** Prints a record of a synthetic event, without newline (`print_synth_event()`). */
export function printSynth(event: SynthEvent, rec: RecordView, out: TraceSeq): void {
  out.puts(`${event.name}: `);
  const last = event.synthFields.length - 1;
  for (const [i, field] of event.synthFields.entries()) {
    const { offset } = event.fields[i]!;
    const space = i === last ? '' : ' ';
    if (out.verbose) out.puts(`${numberFormat(field.type) ?? '%s'} `);
    out.puts(`${field.name}=`);
    if (field.kind === 'stack') out.puts(stackText(rec, offset, out));
    else if (field.kind === 'string') out.puts(stringText(field, rec, offset, space));
    else out.puts(numberText(field, rec, offset) + space);
    if (field.type !== 'gfp_t') continue;
    out.puts(' (');
    event.printGfp(offset)?.(rec, out);
    // The kernel ends the names with a NUL.
    out.puts('\0)');
  }
}
