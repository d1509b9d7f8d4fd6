import { compileConversion, type Piece } from './print-fmt-conversion.ts';
import { asNumber, compileExpr, type FieldScope, type Operand } from './print-fmt-eval.ts';
import { parsePrintFmt } from './print-fmt-parse.ts';
import type { RecordView } from './record.ts';
import type { TraceSeq } from './trace-seq.ts';

/** Prints the text of a record, as its event's `print fmt` says, without the event's name and without newline. */
export type FormatPrinter = (rec: RecordView, out: TraceSeq) => void;

const CONVERSION = /%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+))?(hh|h|ll|l|L|z|t|j)?(p[A-Za-z0-9]*|[diuxXocs%])/g;

/**
 * Compiles the `print fmt` of an event.
 * @returns its printer, or `undefined` when the kernel prints it with code that the format does not show
 */
export function compilePrintFmt(printFmt: string, scope: FieldScope): FormatPrinter | undefined {
  const parsed = parsePrintFmt(printFmt);
  if (!parsed) return undefined;
  const operands = parsed.args.map((arg) => compileExpr(arg, scope));
  const pieces: Piece[] = [];
  let next = 0;
  let last = 0;
  const literal = (text: string) => {
    if (text !== '') pieces.push(() => text);
  };
  for (const match of parsed.format.matchAll(CONVERSION)) {
    const [whole, flags = '', width, precision, length = '', letter = ''] = match;
    literal(parsed.format.slice(last, match.index));
    last = match.index + whole.length;
    if (letter === '%') {
      literal('%');
      continue;
    }
    const star = (given: string | undefined) => (given === '*' ? operands[next++] : undefined);
    const [widthOperand, precisionOperand] = [star(width), star(precision)];
    const operand = operands[next++];
    if (!operand) return undefined;
    const amount = (given: string | undefined, from: Operand | undefined) =>
      from ? asNumber(from) : given === undefined ? undefined : Number(given);
    pieces.push(
      compileConversion(operand, {
        flags,
        length,
        letter,
        width: amount(width, widthOperand) ?? 0,
        precision: amount(precision, precisionOperand),
      }),
    );
  }
  literal(parsed.format.slice(last));
  return (rec, out) => {
    for (const piece of pieces) out.puts(piece(rec, out));
  };
}
