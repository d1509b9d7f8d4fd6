import type { Command } from 'commander';
import { archOption } from './arch-option.ts';
import { EXIT_STATUS, profileOption } from './command-options.ts';

/** Commands about transcripts: `record`, `replay`. */
export function addTranscriptCommands(program: Command): void {
  program
    .command('record')
    .description('run the steps of transcripts and print them with their results')
    .argument(
      '<steps>',
      'JSON lines, {"id": …, "steps": [{"op": "append", "path": "dynamic_events", "data": …}, …]}; - is stdin',
    )
    .option('--tracefs <dir>', 'run them on a real tracefs instead of a simulated one')
    .addOption(archOption())
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
Before each transcript the tree is reset: events off, dynamic events gone, buffers empty.

Examples:
  $ fprobe record steps.jsonl > transcripts.jsonl
  $ sudo fprobe record steps.jsonl --tracefs /sys/kernel/tracing > real.jsonl
${EXIT_STATUS}`,
    )
    .action(async (steps, options) => (await import('./record.ts')).record(steps, options));

  program
    .command('replay')
    .description('run recorded transcripts and compare what comes out')
    .argument('<transcripts>', 'JSON lines as record prints them, gzipped or not; - is stdin')
    .option('--json', 'one JSON object a difference')
    .addOption(archOption())
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
What differs from boot to boot, as times, pids and addresses, is not compared.

Examples:
  $ fprobe replay transcripts.jsonl
  $ fprobe replay real.jsonl.gz --json
${EXIT_STATUS}`,
    )
    .action(async (transcripts, options) => (await import('./replay.ts')).replay(transcripts, options));
}
