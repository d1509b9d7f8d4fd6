import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** Device that file systems are served by. */
const FUSE_DEVICE = '/dev/fuse';
/** File system type as /proc/mounts shows it. */
const FUSE_TYPE = 'fuse.fprobe';
/** What is mounted, as /proc/mounts shows it: this, and the process that serves it. */
const SOURCE = 'fprobe:';

/** Something that the machine lacks; `message` is one line that says what, and what to do. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

/** A mount of ours. */
interface FuseMount {
  readonly dir: string;
  /** Process that serves it. */
  readonly pid: number;
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';

/** Opens /dev/fuse. Throws {@link HostError}. */
export function openFuse(): number {
  try {
    return openSync(FUSE_DEVICE, 'r+');
  } catch (error) {
    const reason = {
      ENOENT: `${FUSE_DEVICE} is not there: load the module with "modprobe fuse" as root; a container needs --device ${FUSE_DEVICE}`,
      ENXIO: `${FUSE_DEVICE} has no driver: the kernel was built without CONFIG_FUSE_FS`,
      ENODEV: `${FUSE_DEVICE} has no driver: the kernel was built without CONFIG_FUSE_FS`,
      EACCES: `${FUSE_DEVICE} may not be opened: run this as root, or let users in with "chmod 666 ${FUSE_DEVICE}" as root`,
      EPERM: `${FUSE_DEVICE} may not be opened: this container does not allow it; it needs --device ${FUSE_DEVICE}`,
    }[codeOf(error)];
    throw new HostError(reason ?? `${FUSE_DEVICE}: ${(error as Error).message}`);
  }
}

/** Runs a program and gives what it said on stderr, or undefined when it ended well. */
export function runTool(program: string, args: readonly string[], fd?: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const stdio = ['ignore', 'ignore', 'pipe', ...(fd === undefined ? [] : [fd])] as ('ignore' | 'pipe' | number)[];
    const child = spawn(program, args, { stdio, env: { ...process.env, LC_ALL: 'C' } });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.on('error', (error) =>
      resolve(codeOf(error) === 'ENOENT' ? `${program}: not installed (util-linux has it)` : error.message),
    );
    child.on('close', (status) => resolve(status === 0 ? undefined : said.trim() || `${program}: status ${status}`));
  });
}

/** Mounts an open /dev/fuse on a directory. Throws {@link HostError}. */
export async function mountFuse(fd: number, dir: string): Promise<void> {
  const options = [
    'fd=3',
    'rootmode=40000',
    'user_id=0',
    'group_id=0',
    'allow_other',
    'default_permissions',
    'subtype=fprobe',
    'nosuid',
    'nodev',
  ];
  const args = ['-i', '-t', 'fuse', '-o', options.join(','), `${SOURCE}${process.pid}`, dir];
  const failed = await runTool('mount', args, fd);
  if (failed === undefined) return;
  closeSync(fd);
  throw new HostError(`${dir} cannot be mounted: ${failed}`);
}

/**
 * Takes a mount away: at once where it is not used, and from all who use it where it is. Answers whether somebody did. umount(8) looks at
 * the mount first: its requests must still be answered.
 */
export async function unmount(dir: string): Promise<boolean> {
  if ((await runTool('umount', ['-i', dir])) === undefined) return false;
  await runTool('umount', ['-i', '-f', dir]);
  await runTool('umount', ['-i', '-l', dir]);
  return true;
}

/** Our mounts in this mount namespace, in the order of their making. */
export function ourMounts(mounts = readFileSync('/proc/self/mounts', 'utf8')): FuseMount[] {
  return mounts.split('\n').flatMap((line) => {
    const [source, dir, type] = line.split(' ').map(unescapeField);
    if (type !== FUSE_TYPE || !source?.startsWith(SOURCE)) return [];
    return [{ dir: dir!, pid: Number(source.slice(SOURCE.length)) }];
  });
}

/** Unescapes a field of /proc/mounts: space, tab, newline, backslash are octal there. */
export function unescapeField(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Whether the process that serves a mount still lives, as far as its pid can tell. */
export function isServed({ pid }: FuseMount): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('fprobe');
  } catch {
    return false;
  }
}
