import { nameFileSystem } from './object-kinds.ts';
import type { World } from './world.ts';

/** Longest chain of parents that is followed. */
const MAX_DEPTH = 64;

/**
 * Fills in what follows from what is known at the end: the dentries of one tree lie in one file system, and so do their
 * inodes. What is added has always been so.
 */
export function completeObjects(world: World, dentries: Iterable<bigint>, string: (text: string) => bigint): void {
  const superBlocks = new Map<bigint, bigint>();
  const all = [...dentries];
  for (const dentry of all) {
    const own = world.loadMember('dentry', dentry, 'd_sb') || inodeSuperBlock(world, dentry);
    if (own !== 0n) for (const up of chain(world, dentry)) if (!superBlocks.has(up)) superBlocks.set(up, own);
  }
  for (const dentry of all) {
    const known = chain(world, dentry)
      .map((up) => superBlocks.get(up))
      .find((found) => found !== undefined);
    if (known === undefined) continue;
    if (world.loadMember('dentry', dentry, 'd_sb') === 0n)
      world.storeMember('dentry', dentry, 'd_sb', known, { floor: 0 });
    const inode = world.loadMember('dentry', dentry, 'd_inode');
    if (inode !== 0n && world.loadMember('inode', inode, 'i_sb') === 0n)
      world.storeMember('inode', inode, 'i_sb', known, { floor: 0 });
  }
  for (const superBlock of new Set(superBlocks.values())) {
    const place = world.member('super_block', 's_id');
    const name = place === undefined ? undefined : world.string(superBlock + BigInt(place.offset));
    if (name !== undefined && name !== '') nameFileSystem(world, superBlock, name, string);
  }
}

function inodeSuperBlock(world: World, dentry: bigint): bigint {
  const inode = world.loadMember('dentry', dentry, 'd_inode');
  return inode === 0n ? 0n : world.loadMember('inode', inode, 'i_sb');
}

/** A dentry and its parents up to the root. */
function chain(world: World, dentry: bigint): bigint[] {
  const list: bigint[] = [];
  for (
    let at = dentry;
    at !== 0n && !list.includes(at) && list.length < MAX_DEPTH;
    at = world.loadMember('dentry', at, 'd_parent')
  )
    list.push(at);
  return list;
}
