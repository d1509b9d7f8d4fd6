import { existsSync, readFileSync } from 'node:fs';
import { HostError, runTool, unescapeField } from './fuse-mount.ts';

/** Where tracefs belongs, and where it has been before. */
const TRACING = '/sys/kernel/tracing';
const DEBUG_TRACING = '/sys/kernel/debug/tracing';
/** Files outside tracefs that are laid over those of the running kernel. */
const SYSTEM_FILES = [
  '/proc/kallsyms',
  '/proc/sys/kernel/ftrace_enabled',
  '/proc/sys/kernel/kptr_restrict',
  '/sys/kernel/btf/vmlinux',
];

/** Directories that a tracefs is mounted on. */
function tracefsMounts(): string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return mounts
    .map((line) => line.split(' ').map(unescapeField))
    .filter(([, , type]) => type === 'tracefs')
    .map(([, dir]) => dir!);
}

function kernelHasTracefs(): boolean {
  return /\ttracefs$/m.test(readFileSync('/proc/filesystems', 'utf8'));
}

/**
 * Lays the simulated files over those of the running kernel, in this mount namespace only. Programs that look for a mount of type tracefs
 * must find one, and ours in it: a real one is mounted below where there is none, and every one that there is gets covered. Throws HostError
 * where one cannot be: nobody must be let in who would use it unawares.
 * @param staging where the session's tree is mounted
 * @param privileged whether a tracefs may be mounted
 * @returns what could not be had, one line each
 */
export async function layOver(staging: string, privileged: boolean): Promise<string[]> {
  const missing: string[] = [];
  const bind = (from: string, to: string) => runTool('mount', ['--bind', `${staging}/${from}`, to]);
  const notLaidOver = (path: string, reason: string) => `${path} cannot be laid over: ${reason}`;
  if (!existsSync(TRACING))
    missing.push(`${TRACING} is not there: programs find the files in $TRACEFS_PATH alone (kernel without tracefs)`);
  else if (!tracefsMounts().includes(TRACING)) {
    const reason = await noTracefs(privileged);
    if (reason !== undefined) missing.push(`no mount of type tracefs, so trace-cmd finds nothing: ${reason}`);
  }
  const places = new Set([...tracefsMounts(), ...[TRACING, DEBUG_TRACING].filter((dir) => existsSync(dir))]);
  for (const dir of places) {
    const failed = await bind('tracing', dir);
    if (failed !== undefined) throw new HostError(notLaidOver(dir, failed));
  }
  for (const path of SYSTEM_FILES) {
    if (!existsSync(path)) {
      missing.push(`${path} is not there on the running kernel, so it is not here either`);
      continue;
    }
    const failed = await bind(`system${path}`, path);
    if (failed !== undefined) missing.push(notLaidOver(path, failed));
  }
  return missing;
}

/** Mounts a tracefs of the running kernel, to be covered; or says why that cannot be had. */
async function noTracefs(privileged: boolean): Promise<string | undefined> {
  if (!kernelHasTracefs()) return 'the running kernel was built without it';
  if (!privileged) return `as a user, have root mount it once: mount -t tracefs nodev ${TRACING}`;
  return runTool('mount', ['-t', 'tracefs', 'nodev', TRACING]);
}
