import { join } from 'node:path';
import { builtinProfiles, chosenProfile, isProfileError, loadProfile, userProfiles } from '../profile/index.ts';
import type { Host } from './doctor-host.ts';

/** What one look at the machine found. */
export interface Diagnosis {
  /** What was looked at. */
  readonly what: string;
  /** `ok`, `missing` (something does not work without it), `limited` (it works in part), `unusable` (nothing works). */
  readonly state: 'ok' | 'missing' | 'limited' | 'unusable';
  /** What was found, in a line. */
  readonly found: string;
  /** What it is for: commands that want it. */
  readonly use: string;
  /** What to do about it; empty when all is well. */
  readonly advice: readonly string[];
}

type Found = Omit<Diagnosis, 'what' | 'use' | 'advice'> & { readonly advice?: readonly string[] };

/** One look at the machine. */
export interface Probe {
  readonly what: string;
  readonly use: string;
  look(host: Host): Found;
}

const TRACEFS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];
const MIN_NODE = [20, 19] as const;
/** Smallest terminal that the screens are made for. */
const MIN_COLUMNS = 60;
const MIN_ROWS = 15;

const ok = (found: string): Found => ({ state: 'ok', found });
const missing = (found: string, ...advice: string[]): Found => ({ state: 'missing', found, advice });
const limited = (found: string, ...advice: string[]): Found => ({ state: 'limited', found, advice });

function lookAtNode({ node }: Host): Found {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const recent = major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
  if (recent) return ok(node);
  return { state: 'unusable', found: `${node} is too old`, advice: [`install Node ${MIN_NODE.join('.')} or newer`] };
}

function lookAtTerminal({ terminal, env }: Host): Found {
  if (terminal === undefined) return limited('stdout is no terminal', 'fprobe top prints plain lines there');
  const { columns, rows } = terminal;
  const size = `${columns}×${rows}, TERM=${env.TERM ?? ''}${env.NO_COLOR ? ', NO_COLOR' : ''}`;
  if (env.TERM === 'dumb' || !env.TERM) return limited(size, 'set TERM to what the terminal is, as xterm-256color');
  if (columns < MIN_COLUMNS || rows < MIN_ROWS) return limited(size, `make it ${MIN_COLUMNS}×${MIN_ROWS} at least`);
  return ok(size);
}

function lookAtProfiles(): Found {
  const builtin = loadProfile();
  if (isProfileError(builtin))
    return { state: 'unusable', found: builtin.error, advice: ['install fprobe-sim again: its data is damaged'] };
  const chosen = chosenProfile();
  const names = [...builtinProfiles(), ...userProfiles()].join(', ');
  if (chosen === undefined) return ok(names);
  const profile = loadProfile(chosen);
  return isProfileError(profile)
    ? limited(
        `${chosen}, which fprobe profile use chose: ${profile.error}`,
        `choose another: fprobe profile use ${builtin.name}`,
      )
    : ok(`${names}; ${chosen} is used`);
}

function lookAtFuse(host: Host): Found {
  const device = '/dev/fuse';
  if (host.platform !== 'linux') return missing('needs Linux', 'use fprobe sh: it needs no mount');
  if (host.kind(device) === undefined) {
    return missing(`no ${device}`, 'modprobe fuse, as root', `in a container: run it with --device ${device}`);
  }
  return host.may(device, 'rw') ? ok(device) : missing(`${device} may not be opened`, `chmod 666 ${device}, as root`);
}

function lookAtUserNamespaces(host: Host): Found {
  if (host.platform !== 'linux') return missing('needs Linux');
  const number = (name: string) => host.read(`/proc/sys/${name}`)?.trim();
  if (host.run('unshare', ['-Urm', 'true']).ok) return ok('can be made');
  if (number('user/max_user_namespaces') === '0')
    return missing('none allowed', 'sysctl user.max_user_namespaces=15000, as root');
  if (number('kernel/unprivileged_userns_clone') === '0')
    return missing('for root only', 'sysctl kernel.unprivileged_userns_clone=1, as root');
  if (number('kernel/apparmor_restrict_unprivileged_userns') === '1')
    return missing('held back by AppArmor', 'sysctl kernel.apparmor_restrict_unprivileged_userns=0, as root');
  if (host.find('unshare') === undefined) return missing('unshare(1) is not installed', 'install util-linux');
  return missing('not permitted here', 'a container may need --security-opt seccomp=unconfined');
}

function lookAtTracefs(host: Host): Found {
  const mounted = TRACEFS.find((dir) => host.kind(join(dir, 'README')) === 'file');
  if (mounted === undefined) {
    const known = host.read('/proc/filesystems')?.includes('tracefs') ?? false;
    if (!known) return missing('the kernel has none');
    if (host.uid !== 0 && host.kind(TRACEFS[0]!) === 'dir' && !host.may(TRACEFS[0]!, 'r'))
      return missing('for root only', 'run the command that wants it as root');
    return missing('not mounted', `mount -t tracefs nodev ${TRACEFS[0]}, as root`);
  }
  const file = join(mounted, 'dynamic_events');
  if (host.kind(file) === undefined) return limited(`${mounted}, without dynamic_events`);
  if (!host.may(file, 'w')) return limited(`${mounted}, not to be written`, 'run the command that wants it as root');
  const hasFprobes = /\bf\[:\[/.test(host.read(join(mounted, 'README')) ?? '');
  return hasFprobes ? ok(mounted) : limited(`${mounted}, whose kernel has no fprobe events`);
}

function lookAtKernelTypes(host: Host): Found {
  const path = '/sys/kernel/btf/vmlinux';
  if (host.kind(path) === undefined) return missing(`no ${path}`, 'the kernel was built without CONFIG_DEBUG_INFO_BTF');
  return host.may(path, 'r') ? ok(path) : missing(`${path} may not be read`, 'run the command that wants it as root');
}

function lookAtSymbols(host: Host): Found {
  const line = host.read('/proc/kallsyms')?.split('\n', 1)[0];
  if (!line) return missing('no /proc/kallsyms');
  if (!/^0+ /.test(line)) return ok('/proc/kallsyms');
  return limited('/proc/kallsyms hides addresses', 'run it as root, or: sysctl kernel.kptr_restrict=0, as root');
}

/** Looks for a program and its version. */
function program(name: string, use: string, version: RegExp, from: string): Probe {
  return {
    what: name,
    use,
    look: (host) => {
      const path = host.find(name);
      if (path === undefined) return missing('not installed', `install ${from}`);
      const found = version.exec(host.run(name, ['--version']).out)?.[1];
      return ok(found === undefined ? path : `${found}, ${path}`);
    },
  };
}

function lookAtRuntimeDir({ env, may }: Host): Found {
  const dir = env.XDG_RUNTIME_DIR;
  if (!dir) return limited('XDG_RUNTIME_DIR is not set', 'one in the folder for temporary files is used instead');
  return may(dir, 'w') ? ok(dir) : limited(`${dir} may not be written`, 'set XDG_RUNTIME_DIR to a folder of yours');
}

function lookAtDataDir({ env, home, may, kind }: Host): Found {
  const dir = env.XDG_DATA_HOME || join(home, '.local/share');
  let above = dir;
  while (kind(above) === undefined && above !== join(above, '..')) above = join(above, '..');
  return may(above, 'w') ? ok(dir) : limited(`${dir} may not be written`, 'set XDG_DATA_HOME to a folder of yours');
}

/** Every look, in the order in which they are told. */
export const PROBES: readonly Probe[] = [
  { what: 'Node', use: 'everything', look: lookAtNode },
  { what: 'profiles', use: 'everything', look: lookAtProfiles },
  { what: 'terminal', use: 'fprobe top', look: lookAtTerminal },
  { what: 'data folder', use: 'fprobe profile import, fprobe profile use', look: lookAtDataDir },
  { what: 'runtime folder', use: 'fprobe boot', look: lookAtRuntimeDir },
  { what: 'FUSE', use: 'fprobe exec, fprobe mount', look: lookAtFuse },
  { what: 'user namespaces', use: 'fprobe exec without root', look: lookAtUserNamespaces },
  program('trace-cmd', 'fprobe exec -- trace-cmd …', /version ([\w.]+)/, 'trace-cmd'),
  program('perf', 'fprobe exec -- perf …', /version ([\w.]+)/, "your kernel's perf (Debian: linux-perf)"),
  { what: 'tracefs', use: 'fprobe record --tracefs', look: lookAtTracefs },
  { what: 'kernel types', use: 'fprobe profile import --live', look: lookAtKernelTypes },
  { what: 'kernel symbols', use: 'fprobe profile import --live', look: lookAtSymbols },
];

/** Looks at a machine. */
export function diagnose(host: Host): Diagnosis[] {
  return PROBES.map(({ what, use, look }) => ({ what, use, advice: [], ...look(host) }));
}
