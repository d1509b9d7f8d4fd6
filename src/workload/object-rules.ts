import type { ObjectBinder } from './object-binder.ts';
import type { PathWalk } from './path-walk.ts';
import type { ScriptCall } from './script.ts';
import { isKernelAddress, valueKind } from './value-map.ts';
import type { World } from './world.ts';

/** What a call says about objects: `object.member = value`, each an argument by name, or the result. */
interface Rule {
  /** Function. */
  readonly fn: string;
  readonly when: 'enter' | 'leave';
  readonly struct: string;
  /** Parameter that is the object; empty for the result. */
  readonly object: string;
  readonly member: string;
  /** Parameter that is the value; empty for the result. */
  readonly value: string;
}

const rule = (fn: string, when: Rule['when'], struct: string, object: string, member: string, value: string): Rule => ({
  fn,
  when,
  struct,
  object,
  member,
  value,
});

/** How objects come to point to each other, as the functions' names and parameters tell. */
const RULES: readonly Rule[] = [
  rule('__d_alloc', 'leave', 'dentry', '', 'd_sb', 'sb'),
  rule('d_add', 'enter', 'dentry', 'entry', 'd_inode', 'inode'),
  rule('d_instantiate', 'enter', 'dentry', 'entry', 'd_inode', 'inode'),
  rule('__d_instantiate', 'enter', 'dentry', 'dentry', 'd_inode', 'inode'),
  rule('d_instantiate_new', 'enter', 'dentry', 'entry', 'd_inode', 'inode'),
  rule('alloc_inode', 'leave', 'inode', '', 'i_sb', 'sb'),
  rule('new_inode', 'leave', 'inode', '', 'i_sb', 'sb'),
  rule('alloc_empty_file', 'leave', 'file', '', 'f_flags', 'flags'),
  rule('alloc_empty_file', 'leave', 'file', '', 'f_cred', 'cred'),
  rule('vm_area_alloc', 'leave', 'vm_area_struct', '', 'vm_mm', 'mm'),
  rule('getname_flags', 'leave', 'filename', '', 'uptr', 'filename'),
  rule('mm_init', 'leave', 'mm_struct', 'mm', 'owner', 'p'),
  rule('commit_creds', 'enter', 'cred', 'new', 'usage.counter', ''),
];
const BY_FUNCTION = new Map<string, Rule[]>();
for (const one of RULES) BY_FUNCTION.set(one.fn, [...(BY_FUNCTION.get(one.fn) ?? []), one]);

/** `include/linux/mm.h` */
const VM_WRITE = 2n;
const VM_SHARED = 8n;
const VM_ACCOUNT = 0x10_0000n;
const VM_SOFTDIRTY = 0x800_0000n;
/** Function that opens a file; what it calls with an inode and the file says whose inode that is. */
const OPENS = 'do_dentry_open';

/** Stores what a call says about the objects that it has. `open` are the calls under way, this one last. */
export function applyRules(
  world: World,
  binder: ObjectBinder,
  call: ScriptCall,
  when: 'enter' | 'leave',
  open: readonly ScriptCall[],
  walk: PathWalk | undefined,
): void {
  for (const one of BY_FUNCTION.get(call.name) ?? []) {
    if (one.when !== when) continue;
    const object = named(call, one.object);
    const value = named(call, one.value);
    if (object !== undefined && value !== undefined && valueKind(object) === 'heap')
      world.storeMember(one.struct, object, one.member, value);
  }
  if (when === 'enter') {
    const opens = open.findLast((outer) => outer.name === OPENS);
    if (opens !== undefined) openedFile(world, binder, call, opens, walk);
    return;
  }
  if (call.name === 'vm_area_alloc') newArea(world, call, open);
  if (call.name === 'vfs_read' || call.name === 'vfs_write') movePosition(world, call, open.at(-2));
  if (call.name === 'vm_area_dup') copyArea(world, call);
}

function named(call: ScriptCall, name: string): bigint | undefined {
  return name === '' ? call.result : call.args[call.argNames.indexOf(name)];
}

function openedFile(
  world: World,
  binder: ObjectBinder,
  call: ScriptCall,
  opens: ScriptCall,
  walk: PathWalk | undefined,
): void {
  const file = opens.args[0] ?? 0n;
  if (valueKind(file) !== 'heap') return;
  const dentry = walk?.opened(file);
  if (call === opens && dentry !== undefined) world.storeMember('file', file, 'f_path.dentry', dentry);
  const mount = call.name === 'mntget' ? named(call, 'mnt') : undefined;
  if (mount !== undefined && mount !== 0n) world.storeMember('file', file, 'f_path.mnt', mount);
  const inode = named(call, 'inode');
  const other = named(call, 'file') ?? named(call, 'filp');
  if (inode === undefined || other !== file || valueKind(inode) !== 'heap') return;
  if (world.loadMember('inode', inode, 'i_mapping') === 0n) binder.complete('inode', inode);
  world.storeMember('file', file, 'f_inode', inode);
  world.storeMember('file', file, 'f_mapping', world.loadMember('inode', inode, 'i_mapping'));
  if (dentry !== undefined) world.storeMember('dentry', dentry, 'd_inode', inode);
}

/** A new mapping is what the caller that makes it was asked for. */
function newArea(world: World, call: ScriptCall, open: readonly ScriptCall[]): void {
  const maker = open.findLast(
    (outer) => outer.argNames.includes('addr') && outer.argNames.includes('len') && outer.argNames.includes('pgoff'),
  );
  const area = call.result;
  if (maker === undefined || area === undefined || valueKind(area) !== 'heap') return;
  const start = named(maker, 'addr')!;
  world.storeMember('vm_area_struct', area, 'vm_start', start);
  world.storeMember('vm_area_struct', area, 'vm_end', start + named(maker, 'len')!);
  world.storeMember('vm_area_struct', area, 'vm_pgoff', named(maker, 'pgoff')!);
  const flags = named(maker, 'vm_flags');
  if (flags !== undefined) {
    const accounted = (flags & (VM_SHARED | VM_WRITE)) === VM_WRITE ? VM_ACCOUNT : 0n;
    world.storeMember('vm_area_struct', area, 'vm_flags', flags | VM_SOFTDIRTY | accounted);
  }
  const file = named(maker, 'file');
  if (file !== undefined) world.storeMember('vm_area_struct', area, 'vm_file', file);
}

function copyArea(world: World, call: ScriptCall): void {
  const from = named(call, 'orig');
  const to = call.result;
  if (from === undefined || to === undefined || valueKind(to) !== 'heap') return;
  for (const member of ['vm_start', 'vm_end', 'vm_flags', 'vm_pgoff', 'vm_file', 'vm_mm']) {
    const value = world.loadMember('vm_area_struct', from, member);
    if (value !== 0n) world.storeMember('vm_area_struct', to, member, value);
  }
}

/** A read or write moves the position it was given, and, through `read(2)` and `write(2)`, the file's. */
function movePosition(world: World, call: ScriptCall, caller: ScriptCall | undefined): void {
  const pos = named(call, 'pos');
  const file = named(call, 'file');
  const done = call.result ?? 0n;
  if (pos === undefined || !isKernelAddress(pos) || file === undefined || done === 0n || done >= 1n << 63n) return;
  const now = (world.kernel.readUint(pos, 8) ?? 0n) + done;
  world.storeUint(pos, 8, now, { exact: true });
  if (caller?.name === 'ksys_read' || caller?.name === 'ksys_write')
    world.storeMember('file', file, 'f_pos', now, { exact: true });
}
