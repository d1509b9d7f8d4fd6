import { errnoText } from '../abi/errno.ts';
import { AwkIo } from './awk-io.ts';
import { AwkError, awkString } from './awk-lexer.ts';
import { parseAwk } from './awk-parser.ts';
import { AwkRun } from './awk-run.ts';
import { outside } from './awk-values.ts';
import type { Program, ProgramCall } from './program.ts';
import { readFile } from './read-file.ts';

/** What awk is called with. */
interface AwkCall {
  readonly source: string;
  readonly assignments: readonly (readonly [string, string])[];
  readonly operands: readonly string[];
}

/** awk: records are worked on as they come, so that it reads what does not end as well. */
export const awk: Program = async (call) => {
  const io = new AwkIo(call);
  try {
    const { source, assignments, operands } = await readCall(call);
    const run = new AwkRun(parseAwk(source), io, operands);
    for (const [name, value] of assignments) run.assign(name, outside(awkString(value)));
    return await run.run();
  } catch (error) {
    if (!(error instanceof AwkError || error instanceof SyntaxError || error instanceof RangeError)) throw error;
    await io.flush().catch(() => {});
    await call.process.write(2, `awk: ${error.message}\n`);
    return 2;
  }
};

async function readCall(call: ProgramCall): Promise<AwkCall> {
  const args = [...call.args];
  const assignments: [string, string][] = [];
  let source: string | undefined;
  while (/^-./.test(args[0] ?? '')) {
    const word = args.shift()!;
    if (word === '--') break;
    const option = word[1]!;
    if (word.startsWith('--') || option === 'W') continue;
    const value = word.slice(2) || args.shift() || '';
    if (option === 'F') assignments.push(['FS', value === 't' ? '\t' : value]);
    else if (option === 'v') {
      const at = value.indexOf('=');
      if (at < 1) throw new AwkError(`improper assignment: -v ${value}`);
      assignments.push([value.slice(0, at), value.slice(at + 1)]);
    } else if (option === 'f') {
      const text = await readFile(call.process, value);
      if (typeof text === 'number') throw new AwkError(`cannot open "${value}" (${errnoText(text)})`);
      source = `${source ?? ''}${text}\n`;
    } else throw new AwkError(`not an option: ${word}`);
  }
  source ??= args.shift();
  if (source === undefined)
    throw new AwkError('usage: awk [-F fs] [-v var=value] PROGRAM | -f FILE [FILE | var=value]...');
  return { source, assignments, operands: args };
}
