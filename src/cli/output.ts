import { writeSync } from 'node:fs';

/** Lets the program end quietly when the reader of its output has gone, as `| head` does. */
export function onBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit();
    });
  }
}

/** A line of talk, to stderr; control characters that came with names or data are shown as `?`. */
export function say(line: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
  process.stderr.write(`${line.replace(/[\x00-\x1f\x7f-\x9f]/g, '?')}\n`);
}

/** Data, to stdout. A string holds one character a byte. Returns false when the reader has gone. */
export function put(data: string | Uint8Array): boolean {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at, Math.min(65536, bytes.length - at));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return false;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
  return true;
}

/** One JSON object on a line of its own. */
export function putJson(value: unknown): boolean {
  return put(Buffer.from(`${JSON.stringify(value)}\n`, 'utf8'));
}
