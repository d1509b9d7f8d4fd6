import { setTimeout as sleep } from 'node:timers/promises';
import { seconds, short } from '../ui/top-lines.ts';
import type { TopProbe, TopSession, TopSnapshot } from '../ui/top-session.ts';
import { put } from './output.ts';

/** Reports of a run. */
const REPORTS = 10;
/** Seconds between two reports when time is told to pass at a speed. */
const REPORT_SECONDS = 1;

function probeText({ path, enabled, hits, rate, missed, last }: TopProbe, wide: number): string {
  const name = `${path}${enabled ? '' : ' (off)'}`.padEnd(wide);
  return `  ${name} ${short(hits).padStart(6)} ${short(rate).padStart(7)} ${short(missed).padStart(6)}  ${last}`.trimEnd();
}

function report({ workload, time, duration, run, done, probes, cpus, lost }: TopSnapshot): string {
  const overrun = cpus.reduce((sum, cpu) => sum + cpu.overrun, 0);
  const entries = cpus.reduce((sum, cpu) => sum + cpu.entries, 0);
  const parts = [
    `${workload} run ${run}`,
    `${seconds(time)} of ${seconds(duration)} s${done ? ', ended' : ''}`,
    `${entries} records in the buffer`,
    ...(overrun > 0 ? [`${overrun} overwritten`] : []),
    ...(lost > 0 ? [`${lost} not seen`] : []),
  ];
  const wide = Math.max(10, ...probes.map(({ path, enabled }) => path.length + (enabled ? 0 : 6)));
  const head = `  ${'PROBE'.padEnd(wide)} ${'HITS'.padStart(6)} ${'RATE/s'.padStart(7)} ${'MISSED'.padStart(6)}  LAST`;
  return `${[`${parts.join('; ')}:`, head, ...probes.map((probe) => probeText(probe, wide))].join('\n')}\n\n`;
}

/**
 * `fprobe top` without a screen: reports in lines, ten a run, or one a second at a speed, until the workload ends, for ever with `loop`, or until
 * nobody reads any more.
 */
export async function plainTop(
  session: TopSession,
  options: { loop: boolean; speed: number | undefined },
): Promise<void> {
  const { loop, speed } = options;
  const step = speed === undefined ? session.snapshot().duration / REPORTS : REPORT_SECONDS * speed * 1e9;
  for (;;) {
    while (!session.done) {
      if (speed !== undefined) await sleep(REPORT_SECONDS * 1000);
      session.advance(Math.ceil(step));
      if (!put(Buffer.from(report(session.snapshot()), 'utf8'))) return;
    }
    if (!loop) return;
    // Lets signals in.
    await sleep(0);
    session.restart();
  }
}
