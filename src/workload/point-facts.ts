import { eventField } from './objects-text.ts';
import type { ScriptStep } from './script.ts';
import { isKernelAddress, valueKind } from './value-map.ts';
import { stringBytes, type World } from './world.ts';

/** A tracepoint of a script. */
type PointStep = Extract<ScriptStep, { op: 'point' }>;

/** What facts about tracepoints are made with. */
interface PointTools {
  readonly world: World;
  /** Address of a string in the kernel's memory, always the same for a text. */
  string(text: string): bigint;
  /** Address of a symbol. */
  symbol(name: string): bigint | undefined;
}

/** Bits of the flags that `accounted` stands for in a cache and in a request. */
const SLAB_ACCOUNT = 0x400_0000n;
const GFP_ACCOUNT = 0x40_0000n;
const PAGE_SHIFT = 12n;
/** Bits of a timer's flags by the letters that events print. */
const TIMER_FLAGS: Readonly<Record<string, bigint>> = { M: 1n << 18n, D: 1n << 19n, P: 1n << 20n, I: 1n << 21n };
/** Bits of an inode's state by the names that events print. */
const INODE_STATE: Readonly<Record<string, bigint>> = {
  I_DIRTY_SYNC: 8n,
  I_DIRTY_DATASYNC: 0x10n,
  I_DIRTY_PAGES: 0x20n,
  I_DIRTY_TIME: 0x800n,
};

/** Value of a number that an event printed, in decimal or with `0x`. */
function number(text: string, name: string): bigint | undefined {
  const shown = /^(-?)(0x[0-9a-f]+|\d+)/.exec(eventField(text, name) ?? '');
  return shown === null ? undefined : BigInt.asUintN(64, shown[1] === '-' ? -BigInt(shown[2]) : BigInt(shown[2]));
}

type PointFacts = (step: PointStep, tools: PointTools) => void;

/** Stores members of an object that an event printed, by the name that it gives them. */
function members(
  struct: string,
  object: bigint | undefined,
  step: PointStep,
  world: World,
  names: Readonly<Record<string, string>>,
): void {
  if (object === undefined || !isKernelAddress(object)) return;
  for (const [member, name] of Object.entries(names)) {
    const value = number(step.text, name);
    if (value !== undefined) world.storeMember(struct, object, member, value, { exact: true });
  }
}

/** Stores the function of a timer or a work, which an event printed by name. */
function functionOf(
  struct: string,
  member: string,
  object: bigint,
  { text }: PointStep,
  { world, symbol }: PointTools,
): void {
  const address = symbol(eventField(text, 'function') ?? '');
  if (address !== undefined && isKernelAddress(object)) world.storeMember(struct, object, member, address);
}

const cache: PointFacts = (step, { world }) => {
  const [, , object = 0n, gfp = 0n] = step.args;
  if (valueKind(object) !== 'heap') return;
  members('kmem_cache', object, step, world, { size: 'bytes_alloc', object_size: 'bytes_req' });
  if (eventField(step.text, 'accounted') === 'true' && (gfp & GFP_ACCOUNT) === 0n)
    world.storeMember('kmem_cache', object, 'flags', SLAB_ACCOUNT);
};

const signalInfo: PointFacts = (step, { world }) => {
  const info = step.args[1] ?? 0n;
  if (valueKind(info) !== 'stack' && valueKind(info) !== 'heap') return;
  world.storeMember('kernel_siginfo', info, 'si_signo', step.args[0] ?? 0n);
  members('kernel_siginfo', info, step, world, { si_errno: 'errno', si_code: 'code' });
};

const hrtimer: PointFacts = (step, tools) => {
  const timer = step.args[0] ?? 0n;
  functionOf('hrtimer', 'function', timer, step, tools);
  members('hrtimer', timer, step, tools.world, { 'node.expires': 'expires', _softexpires: 'softexpires' });
};

const timer: PointFacts = (step, tools) => {
  const list = step.args[0] ?? 0n;
  functionOf('timer_list', 'function', list, step, tools);
  members('timer_list', list, step, tools.world, { expires: 'expires' });
};

/** `flags` of a timer: cpu, four letters, and the bucket that it waits in (`include/linux/timer.h`). */
const startTimer: PointFacts = (step, tools) => {
  timer(step, tools);
  const [cpu, idx] = [number(step.text, 'cpu'), number(step.text, 'idx')];
  if (cpu === undefined || idx === undefined) return;
  const letters = (eventField(step.text, 'flags') ?? '').split('|');
  const bits = letters.reduce((flags, letter) => flags | (TIMER_FLAGS[letter] ?? 0n), cpu | (idx << 22n));
  tools.world.storeMember('timer_list', step.args[0] ?? 0n, 'flags', bits, { exact: true });
};

const dirtyInode: PointFacts = ({ text, args: [inode = 0n] }, { world }) => {
  const names = (eventField(text, 'state') ?? '').split('|');
  const state = names.reduce((bits, name) => bits | (INODE_STATE[name] ?? 0n), 0n);
  if (!isKernelAddress(inode)) return;
  world.storeMember('inode', inode, 'i_state', state, { exact: true });
  const ino = number(text, 'ino');
  if (ino !== undefined && world.loadMember('inode', inode, 'i_ino') === 0n)
    world.storeMember('inode', inode, 'i_ino', ino);
};

/** What a mapping is of: the file behind the area that the fault is in. */
const mapPages: PointFacts = (step, { world }) => {
  const vmf = step.inside?.args[step.inside.argNames.indexOf('vmf')] ?? 0n;
  const vma = world.loadMember('vm_fault', vmf, 'vma');
  const file = world.loadMember('vm_area_struct', vma, 'vm_file');
  let mapping = world.loadMember('file', file, 'f_mapping');
  if (mapping === 0n) mapping = world.allocate(world.types.btf.sizeOf(world.types.struct('address_space') ?? 0) ?? 64);
  step.args[0] = mapping;
  let inode = world.loadMember('address_space', mapping, 'host');
  if (inode === 0n) {
    inode = world.allocate(world.types.btf.sizeOf(world.types.struct('inode') ?? 0) ?? 64);
    world.storeMember('address_space', mapping, 'host', inode);
  }
  const ino = Number.parseInt(eventField(step.text, 'ino') ?? '', 16);
  if (world.loadMember('inode', inode, 'i_ino') === 0n && ino > 0)
    world.storeMember('inode', inode, 'i_ino', BigInt(ino));
  const [major, minor] = (/dev=(\d+):(\d+)/.exec(step.text) ?? []).slice(1).map(BigInt);
  const sb = world.loadMember('inode', inode, 'i_sb');
  if (major === undefined || minor === undefined) return;
  const dev = (major << 20n) | minor;
  if (sb === 0n) world.storeMember('inode', inode, 'i_rdev', dev);
  else if (world.loadMember('super_block', sb, 's_dev') === 0n) world.storeMember('super_block', sb, 's_dev', dev);
};

/** A work is queued on a pool of workers, which no argument around leads to. */
const queueWork: PointFacts = (step, tools) => {
  const { world } = tools;
  functionOf('work_struct', 'func', step.args[2] ?? 0n, step, tools);
  const make = (struct: string) => world.allocate(world.types.btf.sizeOf(world.types.struct(struct) ?? 0) ?? 64);
  const [pwq, pool, queue] = ['pool_workqueue', 'worker_pool', 'workqueue_struct'].map(make);
  step.args[1] = pwq;
  world.storeMember('pool_workqueue', pwq, 'pool', pool);
  world.storeMember('pool_workqueue', pwq, 'wq', queue);
  const place = world.member('workqueue_struct', 'name');
  if (place !== undefined)
    world.store(queue + BigInt(place.offset), stringBytes(eventField(step.text, 'workqueue') ?? ''));
  members('worker_pool', pool, step, world, { cpu: 'cpu' });
};

/** By tracepoint: what its static event printed of the objects that its arguments point to. */
const FACTS: Readonly<Record<string, PointFacts>> = {
  kmem_cache_alloc: cache,
  kmem_cache_free: (step, { world, string }) => {
    const name = eventField(step.text, 'name');
    const object = step.args[2] ?? 0n;
    if (name !== undefined && isKernelAddress(object) && world.loadMember('kmem_cache', object, 'name') === 0n)
      world.storeMember('kmem_cache', object, 'name', string(name));
  },
  count_memcg_events: (step, { world }) => members('mem_cgroup', step.args[0], step, world, { 'id.id': 'memcg_id' }),
  hrtimer_start: hrtimer,
  hrtimer_expire_entry: (step, tools) => {
    hrtimer(step, tools);
    const now = number(step.text, 'now');
    const at = tools.world.allocate(8);
    if (now !== undefined) tools.world.storeUint(at, 8, now);
    step.args[1] = at;
  },
  mm_filemap_map_pages: mapPages,
  page_fault_user: (step, { world }) => members('pt_regs', step.args[1], step, world, { ip: 'ip' }),
  rcu_utilization: (step, { string }) => {
    step.args[0] = string(step.text);
  },
  rss_stat: (step, { world }) => {
    const [mm = 0n, member = 0n] = step.args;
    const place = world.member('mm_struct', 'rss_stat');
    const size = world.types.btf.sizeOf(world.types.struct('percpu_counter') ?? 0);
    const count = world.member('percpu_counter', 'count');
    const bytes = /size=(\d+)B/.exec(step.text)?.[1];
    if (place === undefined || size === undefined || count === undefined || bytes === undefined || !isKernelAddress(mm))
      return;
    const at = mm + BigInt(place.offset + count.offset) + BigInt(size) * member;
    world.storeUint(at, 8, BigInt(bytes) >> PAGE_SHIFT, { object: mm, exact: true });
  },
  signal_deliver: (step, tools) => {
    signalInfo(step, tools);
    const hex = (name: string) => BigInt(`0x${eventField(step.text, name) ?? '0'}`);
    const action = step.args[2] ?? 0n;
    if (!isKernelAddress(action)) return;
    tools.world.storeMember('k_sigaction', action, 'sa.sa_handler', hex('sa_handler'), { exact: true });
    tools.world.storeMember('k_sigaction', action, 'sa.sa_flags', hex('sa_flags'), { exact: true });
  },
  signal_generate: signalInfo,
  timer_expire_entry: timer,
  timer_start: startTimer,
  workqueue_queue_work: queueWork,
  workqueue_activate_work: (step, tools) => functionOf('work_struct', 'func', step.args[0] ?? 0n, step, tools),
  workqueue_execute_start: (step, tools) => functionOf('work_struct', 'func', step.args[0] ?? 0n, step, tools),
  writeback_dirty_inode: dirtyInode,
  writeback_dirty_inode_start: dirtyInode,
  writeback_mark_inode_dirty: dirtyInode,
};

/** Stores what a tracepoint's static event printed of the objects that its arguments point to, and lets arguments point to what was made for it. */
export function storePointFacts(step: PointStep, tools: PointTools): void {
  if (step.text !== '') FACTS[step.name]?.(step, tools);
}
