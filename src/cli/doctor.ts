import { colour } from './colour.ts';
import { realHost } from './doctor-host.ts';
import { type Diagnosis, diagnose } from './doctor-probes.ts';
import { ExitStatus } from './exit-status.ts';
import { put, putJson, say } from './output.ts';

const MARKS: Record<Diagnosis['state'], string> = {
  ok: colour.green('✓'),
  limited: colour.yellow('~'),
  missing: colour.yellow('-'),
  unusable: colour.red('✗'),
};

function lines({ what, state, found, use, advice }: Diagnosis): string {
  const head = `${MARKS[state]} ${what.padEnd(16)} ${found}`;
  if (state === 'ok') return `${head}\n`;
  return [`${head} ${colour.dim(`(for ${use})`)}`, ...advice.map((each) => `  ${''.padEnd(16)} ${each}`), ''].join(
    '\n',
  );
}

/** `fprobe doctor`: what this machine offers, and what to do about what is missing. */
export function doctor(options: { json?: boolean }): void {
  const found = diagnose(realHost());
  for (const each of found) if (!(options.json ? putJson(each) : put(Buffer.from(lines(each), 'utf8')))) return;
  if (found.some(({ state }) => state === 'unusable')) process.exitCode = ExitStatus.USAGE;
  else if (!options.json) say('checking, tracing and replaying need nothing but Node and a profile');
}
