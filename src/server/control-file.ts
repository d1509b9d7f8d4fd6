import { Errno } from '../abi/errno.ts';
import type { TraceFile } from '../tracefs/index.ts';

/** A request to the control file of a session, as JSON. */
interface ControlRequest {
  readonly run: string;
  readonly seed?: number;
}

/**
 * The file by which a session is told to run workloads: a request is written to it, and the answer read from the same open file: a line of
 * text, empty when all went well.
 */
export function controlFile(run: (workload: string, seed?: number) => string | undefined): TraceFile {
  return {
    kind: 'file',
    mode: 0o600,
    stream: true,
    open: () => {
      let answer = '';
      return {
        write: (data) => {
          const request = parse(data);
          if (!request) return -Errno.EINVAL;
          answer = `${run(request.run, request.seed) ?? ''}\n`;
          return data.length;
        },
        readSome: (size) => {
          const piece = answer.slice(0, size);
          answer = answer.slice(piece.length);
          return piece;
        },
      };
    },
  };
}

function parse(data: string): ControlRequest | undefined {
  try {
    const { run, seed } = JSON.parse(data) as Record<string, unknown>;
    if (typeof run !== 'string' || (seed !== undefined && typeof seed !== 'number')) return undefined;
    return { run, ...(seed !== undefined && { seed }) };
  } catch {
    return undefined;
  }
}
