import type { StoreOptions, World } from './world.ts';

/** What the object model knows of a struct beyond its layout. */
interface ObjectKind {
  /** Members that tell an object from others and do not change while it lives. */
  readonly identity?: readonly string[];
  /** String members whose text may lie in the object itself: where, and how many bytes there are if not as the type says. */
  readonly inline?: Readonly<Record<string, { readonly path: string; readonly room?: number }>>;
  /** Members that hold the length of a string member. */
  readonly lengths?: Readonly<Record<string, string>>;
  /** Function that fills an object in, and its parameter: what was zero before is set there. */
  readonly settledBy?: { readonly fn: string; readonly param: string };
  /** Stores what every object of the kind has. */
  readonly fill?: (world: World, object: bigint, string: (text: string) => bigint, options: StoreOptions) => void;
}

/** `s_magic` by the file system's name, `include/uapi/linux/magic.h`. */
const MAGIC: Record<string, bigint> = {
  tmpfs: 0x01021994n,
  rootfs: 0x01021994n,
  devtmpfs: 0x01021994n,
  proc: 0x9fa0n,
  sysfs: 0x62656572n,
  tracefs: 0x74726163n,
  pipefs: 0x50495045n,
  ramfs: 0x858458f6n,
  sockfs: 0x534f434bn,
  debugfs: 0x64626720n,
};
const PAGE_SIZE = 4096n;
/** Normal flags of a mapped page of the page cache: uptodate, lru, active, and its zone. */
export const PAGE_FLAGS = 0x17ffffc000006cn;

/** Structs that the model has rules for, by name. */
export const OBJECT_KINDS: Readonly<Record<string, ObjectKind>> = {
  dentry: {
    identity: ['d_name.name'],
    inline: { 'd_name.name': { path: 'd_shortname' } },
    lengths: { 'd_name.name': 'd_name.len' },
    fill: (world, object, _string, options) => world.storeMember('dentry', object, 'd_lockref.count', 1n, options),
  },
  qstr: { lengths: { name: 'len' } },
  inode: {
    identity: ['i_ino'],
    fill: (world, object, _string, options) => {
      const data = world.member('inode', 'i_data');
      if (data === undefined) return;
      const mapping = object + BigInt(data.offset);
      world.storeMember('inode', object, 'i_mapping', mapping, options);
      world.storeMember('address_space', mapping, 'host', object, { object, ...options });
      world.storeMember('inode', object, 'i_count.counter', 1n, options);
      world.storeMember('inode', object, 'i_blkbits', 12n, options);
    },
  },
  super_block: {
    identity: ['s_id'],
    fill: (world, object, _string, options) => {
      world.storeMember('super_block', object, 's_blocksize', PAGE_SIZE, options);
      world.storeMember('super_block', object, 's_blocksize_bits', 12n, options);
    },
  },
  filename: { identity: ['name'], inline: { name: { path: 'iname', room: 4096 - 32 } } },
  file: { settledBy: { fn: 'do_dentry_open', param: 'f' } },
  kmem_cache: { identity: ['name'] },
  task_struct: { identity: ['pid'] },
};

/** Completes a super block whose name is known: its type and magic number. */
export function nameFileSystem(world: World, superBlock: bigint, name: string, string: (text: string) => bigint): void {
  const type = world.loadMember('super_block', superBlock, 's_type');
  if (type !== 0n) return;
  const size = world.types.btf.sizeOf(world.types.struct('file_system_type') ?? 0) ?? 64;
  const made = world.allocate(size);
  world.storeMember('file_system_type', made, 'name', string(name === 'rootfs' ? 'rootfs' : name));
  world.storeMember('super_block', superBlock, 's_type', made);
  world.storeMember('super_block', superBlock, 's_magic', MAGIC[name] ?? 0n);
}
