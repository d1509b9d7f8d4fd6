import { Errno } from '../abi/errno.ts';
import { cString } from '../trace/ctype.ts';

/** Bytes that one round takes from the writer, the terminator included, `kernel/trace/trace.c:WRITE_BUFSIZE`. */
const WRITE_BUFSIZE = 4096;

/**
 * Runs the commands of one write, a line each; from `#` on a line is a comment. Stops at the first command that fails; those before it stay
 * done. Mirrors `kernel/trace/trace.c:trace_parse_run_command()`.
 * @param data what was written, one character a byte
 * @param run runs a command and answers 0 or a negative errno
 * @returns bytes written, or a negative errno: the command's, or −EINVAL for a line too long or with a NUL byte
 */
export function runCommands(data: string, run: (command: string) => number): number {
  let done = 0;
  while (done < data.length) {
    const buffer = data.slice(done, done + WRITE_BUFSIZE - 1);
    let at = 0;
    while (at < buffer.length) {
      const text = cString(buffer.slice(at));
      const newline = text.indexOf('\n');
      const line = newline < 0 ? text : text.slice(0, newline);
      const size = newline < 0 ? line.length : newline + 1;
      if (newline < 0 && done + size < data.length) {
        if (at > 0) break;
        return -Errno.EINVAL;
      }
      done += size;
      at += size;
      const comment = line.indexOf('#');
      const ret = run(comment < 0 ? line : line.slice(0, comment));
      if (ret !== 0) return ret;
    }
  }
  return done;
}
