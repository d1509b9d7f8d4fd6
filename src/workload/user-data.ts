import type { ScriptCall } from './script.ts';
import { isUserAddress } from './value-map.ts';
import { readString, type World } from './world.ts';

const LINE = 'The quick brown fox jumps over the lazy dog; 0123456789 bottles stand on the wall.\n';
const ELF_HEADER = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0x3e, 0, 1, 0, 0, 0];

/** Puts what a read gave into the task's buffer: no recording shows it, so an ELF header for programs and libraries, text for others. */
export function fillRead(world: World, call: ScriptCall, task: number): void {
  const buffer = argument(call, 'buf');
  const length = Number(call.result ?? 0n);
  if (buffer === undefined || !isUserAddress(buffer) || length <= 0 || length > 0x20000) return;
  const file = argument(call, 'file') ?? 0n;
  const dentry = file === 0n ? 0n : world.loadMember('file', file, 'f_path.dentry');
  const name = dentry === 0n ? '' : (world.string(world.loadMember('dentry', dentry, 'd_name.name')) ?? '');
  const bytes = new Uint8Array(length);
  if (/\.so\b/.test(name)) bytes.set(ELF_HEADER.slice(0, length));
  else for (let i = 0; i < length; i++) bytes[i] = LINE.charCodeAt(i % LINE.length);
  world.storeUser(task, buffer, bytes, { exact: true });
}

/** Makes sure that a write has something to write, as long as it says. */
export function fillWrite(world: World, call: ScriptCall, task: number, floor: number): void {
  const buffer = argument(call, 'buf');
  const count = Number(argument(call, 'count') ?? 0n);
  if (buffer === undefined || !isUserAddress(buffer) || count <= 0 || count > 0x20000) return;
  if ((readString(world.user(task), buffer)?.length ?? 0) > 0 || world.user(task).readUint(buffer, 1) !== undefined)
    return;
  const bytes = new Uint8Array(count + 1);
  for (let i = 0; i < count; i++) bytes[i] = LINE.charCodeAt(i % LINE.length);
  world.storeUser(task, buffer, bytes, { floor });
}

function argument(call: ScriptCall, name: string): bigint | undefined {
  return call.args[call.argNames.indexOf(name)];
}
