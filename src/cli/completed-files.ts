import type { KernelProfile } from '../profile/index.ts';
import { KernelConnection, SESSION_VARIABLE, SessionFiles } from '../server/index.ts';
import { argumentBytes } from './input.ts';
import { contentOf } from './kernel-files.ts';

/** Tracing files whose paths are completed; names hold one character a byte. */
interface CompletedFiles {
  list(path: string): Promise<readonly string[] | number>;
  isDir(path: string): Promise<boolean>;
  /** The whole content of a file, empty where it cannot be read. */
  read(path: string): Promise<string>;
  close(): void;
}

/** The files that commands would use now: those of the session, of a kernel that is up, or, when none is, of a fresh one. */
export async function completedFiles(profile: KernelProfile, name: string | undefined): Promise<CompletedFiles> {
  const session = process.env[SESSION_VARIABLE];
  const files =
    name === undefined && session
      ? new SessionFiles(session)
      : await KernelConnection.open(name).catch(() => undefined);
  if (files !== undefined) {
    return {
      list: (path) => files.list(argumentBytes(path)),
      isDir: async (path) => typeof (await files.list(argumentBytes(path))) !== 'number',
      read: (path) => contentOf(files, path),
      close: () => files.close(),
    };
  }
  const { SimulatedKernel } = await import('../tracefs/index.ts');
  const { tracefs } = SimulatedKernel.boot(profile);
  return {
    list: async (path) => tracefs.list(argumentBytes(path)),
    isDir: async (path) => {
      const stat = tracefs.stat(argumentBytes(path));
      return typeof stat !== 'number' && stat.kind === 'dir';
    },
    read: async (path) => String(tracefs.read(path)),
    close: () => {},
  };
}
