import { parseTranscript, type Transcript } from '../tracefs/index.ts';
import { UsageError } from './exit-status.ts';
import { readInput } from './input.ts';

/** Reads a file of transcripts, JSON lines. Throws UsageError naming the line that is none. */
export function readTranscripts(path: string): Transcript[] {
  const lines = Buffer.from(readInput(path)).toString('utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const transcript = parseTranscript(line);
    if (typeof transcript === 'string') throw new UsageError(`${path}:${index + 1}: not a transcript: ${transcript}`);
    return [transcript];
  });
}
