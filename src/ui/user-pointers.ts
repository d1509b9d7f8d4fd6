import type { KernelProfile } from '../profile/index.ts';

/** Functions besides system calls whose argument of this name lies in user memory. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  vfs_read: ['buf'],
  vfs_write: ['buf'],
  getname_flags: ['filename'],
  user_path_at: ['name'],
  strncpy_from_user: ['src'],
  strnlen_user: ['str'],
  copy_from_user: ['from'],
  copy_to_user: ['to'],
  _copy_from_user: ['from'],
  _copy_to_user: ['to'],
};

/** Whether a pointer type is tagged as one into user memory, as clang does with `__user`. */
function isTagged({ btf }: KernelProfile, type: number): boolean {
  const pointer = btf.skipModifiers(type)?.type;
  if (pointer?.kind !== 'ptr') return false;
  let id = pointer.type;
  for (let i = 0; i < 16; i++) {
    const target = btf.type(id);
    if (target === undefined || !('type' in target)) return false;
    if (target.kind === 'type_tag') return target.name === 'user';
    if (target.kind === 'func' || target.kind === 'ptr') return false;
    id = target.type;
  }
  return false;
}

/** The system call that a function of its implementation belongs to: `do_sys_openat2` to `openat2`. */
function systemCallOf(symbol: string): string | undefined {
  return /^(?:__do_sys_|__se_sys_|ksys_|do_sys_|__do_compat_sys_|do_)(\w+)$/.exec(symbol)?.[1];
}

/**
 * Whether an argument of a function points into user memory: its type is tagged so, or the system call that the function is part of has a
 * pointer of that name.
 */
export function isUserPointer(profile: KernelProfile, symbol: string, name: string, type: number): boolean {
  const { btf, events } = profile;
  if (btf.skipModifiers(type)?.type.kind !== 'ptr') return false;
  if (isTagged(profile, type) || OTHERS[symbol]?.includes(name)) return true;
  const call = systemCallOf(symbol);
  const event = call === undefined ? undefined : events.get('syscalls', `sys_enter_${call}`);
  return event?.fields.some((field) => field.name === name && field.type.includes('*')) ?? false;
}
