import { errnoText } from '../abi/errno.ts';
import { type KernelFiles, SESSION_VARIABLE, SessionFiles } from '../server/index.ts';
import { ExitStatus, UsageError } from './exit-status.ts';
import { argumentBytes, latin1, readInput } from './input.ts';
import { connect } from './kernel.ts';
import { put, putJson, say } from './output.ts';

interface FileOptions {
  /** Name of a kernel that is up; the session's own, or the default one, when left out. */
  readonly name?: string;
}

/** The files that a command is about: those of a named kernel, of the session that it runs in, or of the default kernel. */
async function filesOf({ name }: FileOptions): Promise<KernelFiles> {
  const session = process.env[SESSION_VARIABLE];
  if (name === undefined && session) return new SessionFiles(session);
  return connect(name ?? 'default');
}

function refused(path: string, errno: number): void {
  say(`fprobe: ${path}: ${errnoText(errno)}`);
  process.exitCode = ExitStatus.REFUSED;
}

/** `fprobe cat`: prints files; one without end goes on until it is interrupted. */
export async function cat(paths: readonly string[], options: FileOptions): Promise<void> {
  const files = await filesOf(options);
  for (const path of paths) {
    const file = await files.openFile(argumentBytes(path), { read: true });
    if (typeof file === 'number') {
      refused(path, file);
      continue;
    }
    for (;;) {
      const piece = await file.read();
      if (typeof piece === 'number') refused(path, piece);
      if (typeof piece === 'number' || piece === '') break;
      if (!put(piece)) return files.close();
    }
    await file.close();
  }
  files.close();
}

/** `fprobe write`, `fprobe append`: writes words, or standard input, into a file; and says where the kernel found an error. */
export async function write(
  path: string,
  words: readonly string[],
  options: FileOptions & { readonly append: boolean },
): Promise<void> {
  const data = words.length > 0 ? `${argumentBytes(words.join(' '))}\n` : latin1(readInput('-'));
  const files = await filesOf(options);
  const before = await contentOf(files, 'error_log');
  const { append } = options;
  const file = await files.openFile(argumentBytes(path), { write: true, append, truncate: !append });
  if (typeof file === 'number') refused(path, file);
  else {
    for (let at = 0; at < data.length; ) {
      const taken = await file.write(data.slice(at));
      if (taken <= 0) {
        refused(path, taken);
        const log = await contentOf(files, 'error_log');
        if (log !== before) process.stderr.write(Buffer.from(lastError(log), 'latin1'));
        break;
      }
      at += taken;
    }
    await file.close();
  }
  files.close();
}

/** `fprobe ls`: lists directories. */
export async function ls(paths: readonly string[], options: FileOptions & { readonly json?: boolean }): Promise<void> {
  const files = await filesOf(options);
  for (const path of paths.length > 0 ? paths : ['.']) {
    const names = await files.list(argumentBytes(path));
    if (typeof names === 'number') {
      refused(path, names);
      continue;
    }
    const text = names.map((name) => Buffer.from(name, 'latin1').toString('utf8'));
    const head = paths.length > 1 ? `${path}:\n` : '';
    const shown = options.json ? putJson({ path, names: text }) : put(head + names.map((name) => `${name}\n`).join(''));
    if (!shown) break;
  }
  files.close();
}

/** `fprobe run`: runs a workload in a kernel that is up. */
export async function run(workload: string, options: FileOptions & { readonly seed?: number }): Promise<void> {
  const files = await filesOf(options);
  const error = await files.run(workload, options.seed);
  files.close();
  if (error !== undefined) throw new UsageError(error);
}

/** The whole content of a file, empty where it cannot be read. */
export async function contentOf(files: KernelFiles, path: string): Promise<string> {
  const file = await files.openFile(path, { read: true });
  if (typeof file === 'number') return '';
  let content = '';
  for (;;) {
    const piece = await file.read();
    if (typeof piece === 'number' || piece === '') break;
    content += piece;
  }
  await file.close();
  return content;
}

/** The last entry of an error log, without its time. */
function lastError(log: string): string {
  const start = log.lastIndexOf('\n[', log.length) + 1;
  return log.slice(start).replace(/^\[[^\]]*\] /, '');
}
