import type { KernelProfile } from '../profile/index.ts';
import {
  type CallChoice,
  callProgram,
  forkPrograms,
  KernelTypes,
  Piece,
  type SleepProgram,
  sleepProgram,
  unpackWorkload,
  type Workload,
} from '../workload/index.ts';

/** A system call of a recording, and the file that it was about. */
interface RecordedCall extends CallChoice {
  readonly workload: string;
  readonly path: string;
  /** The function behind which the file itself is at work. */
  readonly behind: string;
}

/** What only the file systems of the recorded files do. */
const without = (fn: string) => fn.startsWith('shmem_') || fn === 'offset_readdir';

/** System calls that processes make, which of a recording stands for each, and behind which of its functions the file itself is at work. */
const CALLS = {
  openat: {
    workload: 'cat',
    name: 'openat',
    n: -1,
    path: '/work/data',
    behind: 'file_set_fsnotify_mode_from_watchers',
  },
  openatMissing: {
    workload: 'sh-fork',
    name: 'openat',
    n: 0,
    fails: true,
    path: '/etc/ld.so.cache',
    behind: 'link_path_walk',
  },
  read: { workload: 'cat', name: 'read', n: -2, path: '/work/data', behind: 'rw_verify_area' },
  write: { workload: 'sh-fork', name: 'write', n: -1, path: '/tmp/zz', behind: 'rw_verify_area' },
  close: { workload: 'cat', name: 'close', n: 2, path: '/work/data', behind: 'security_file_release' },
  newfstatat: {
    workload: 'sh-fork',
    name: 'newfstatat',
    n: 1,
    path: '/sys/kernel/tracing',
    behind: 'security_inode_getattr',
  },
  getdents64: { workload: 'ls', name: 'getdents64', n: 0, path: '/', behind: 'security_file_permission' },
  mkdir: { workload: 'mkdir-rm', name: 'mkdir', n: -1, path: '/tmp/dd1', behind: 'security_inode_mkdir' },
  rmdir: { workload: 'mkdir-rm', name: 'unlinkat', n: -1, path: '/tmp/dd1', behind: 'security_inode_rmdir' },
  execve: { workload: 'cat', name: 'execve', n: 0, path: '/usr/bin/cat', behind: 'security_bprm_committed_creds' },
} as const satisfies Record<string, RecordedCall>;

/** A system call that processes can make. */
export type CallName = Exclude<keyof typeof CALLS, 'openatMissing'>;

/** A system call, ready to be replayed. */
interface CallPiece {
  readonly piece: Piece;
  /** Path of the recorded file. */
  readonly path: string;
  /** Step at which the file itself is at work. */
  readonly actAt: number;
}

/** A sleep in two parts; see `SleepProgram`. */
interface SleepPiece extends Omit<SleepProgram, 'workload'> {
  readonly piece: Piece;
}

/** A fork in parts; see `ForkPrograms`. */
interface ForkPieces {
  readonly waited: Piece;
  readonly exitAt: number;
  readonly clone: Piece;
  readonly begin: Piece;
  readonly exit: Piece;
  readonly wait: Piece;
  readonly sleepingWait: { readonly piece: Piece; readonly awayAt: number } | undefined;
}

const PIECES = new WeakMap<KernelProfile, ProcessPieces>();

/** Pieces of a profile's recordings that processes are made of, each cut when it is first wanted; a profile without the recording has none. */
export class ProcessPieces {
  readonly #profile: KernelProfile;
  readonly #functions: KernelProfile['functions'];
  readonly #types: KernelTypes;
  readonly #calls = new Map<keyof typeof CALLS, CallPiece | undefined>();
  readonly #workloads = new Map<string, Workload | undefined>();
  #sleep: SleepPiece | undefined | 'unknown' = 'unknown';
  #fork: ForkPieces | undefined | 'unknown' = 'unknown';

  private constructor(profile: KernelProfile) {
    this.#profile = profile;
    this.#functions = profile.functions;
    this.#types = new KernelTypes(profile.btf);
  }

  /** The pieces of a profile: kernels of one profile share them. */
  static of(profile: KernelProfile): ProcessPieces {
    const known = PIECES.get(profile);
    if (known) return known;
    const pieces = new ProcessPieces(profile);
    PIECES.set(profile, pieces);
    return pieces;
  }

  /** A fork. */
  get fork(): ForkPieces | undefined {
    if (this.#fork === 'unknown') this.#fork = this.#cutFork();
    return this.#fork;
  }

  /** A sleep. */
  get sleep(): SleepPiece | undefined {
    if (this.#sleep === 'unknown') {
      const workload = this.workload('sleep');
      const program = workload && sleepProgram(workload, this.#functions);
      this.#sleep = program && { ...program, piece: this.#piece(program.workload) };
    }
    return this.#sleep;
  }

  /** A system call; an open of a file that is not there has its own. */
  call(call: CallName, missing = false): CallPiece | undefined {
    const name = missing && call === 'openat' ? 'openatMissing' : call;
    if (!this.#calls.has(name)) this.#calls.set(name, this.#cutCall(CALLS[name]));
    return this.#calls.get(name);
  }

  #cutFork(): ForkPieces | undefined {
    const workload = this.workload('sh-fork');
    const programs = workload && forkPrograms(workload, this.#functions);
    if (!programs) return undefined;
    const piece = (name: Exclude<keyof ForkPieces, 'exitAt' | 'sleepingWait'>) => this.#piece(programs[name]);
    return {
      waited: piece('waited'),
      exitAt: programs.exitAt,
      clone: piece('clone'),
      begin: piece('begin'),
      exit: piece('exit'),
      wait: piece('wait'),
      sleepingWait: programs.sleepingWait && {
        piece: this.#piece(programs.sleepingWait.workload),
        awayAt: programs.sleepingWait.awayAt,
      },
    };
  }

  #cutCall(call: RecordedCall): CallPiece | undefined {
    const workload = this.workload(call.workload);
    const program = workload && callProgram(workload, this.#functions, { without, ...call });
    if (!program) return undefined;
    const piece = this.#piece(program);
    return { piece, path: call.path, actAt: piece.step('leave', call.behind) + 1 };
  }

  #piece(program: Workload): Piece {
    return new Piece(program, this.#types, (fn) => this.#functions.name(fn));
  }

  /** A recording, unpacked. */
  workload(name: string): Workload | undefined {
    if (!this.#workloads.has(name)) {
      const bytes = this.#profile.workloads.read(name);
      const workload = bytes && unpackWorkload(bytes);
      this.#workloads.set(name, workload === undefined || 'error' in workload ? undefined : workload);
    }
    return this.#workloads.get(name);
  }
}
