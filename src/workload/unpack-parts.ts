import type { ByteReader } from './byte-stream.ts';
import { TASK_KINDS } from './pack-format.ts';
import type { ScriptTask } from './script.ts';
import type { WorkloadFacts } from './workload.ts';

/** A number of things, as many as the number before them says. */
export function list<T>(reader: ByteReader, read: () => T): T[] {
  const found: T[] = [];
  for (let left = reader.uint(); left > 0 && !reader.overrun; left--) found.push(read());
  return found;
}

/** A task, as `pack.ts` writes it. */
export function readTask(meta: ByteReader): ScriptTask {
  const pid = meta.uint();
  const comm = meta.text();
  const kind = TASK_KINDS[meta.byte()] ?? 'program';
  const parent = meta.int();
  const leader = meta.uint();
  const address = meta.wide();
  const stackTop = meta.wide();
  const bits = meta.byte();
  return {
    pid,
    comm,
    kind,
    parent,
    leader,
    address,
    stackTop,
    fromStart: (bits & 1) !== 0,
    sharesMemory: (bits & 2) !== 0,
  };
}

/** The facts: places in one section, bytes in another. */
export function readFacts(facts: ByteReader, bytes: ByteReader): WorkloadFacts {
  const at: number[] = [];
  const space: number[] = [];
  const address: bigint[] = [];
  const pid: number[] = [];
  const offset = [0];
  const count = facts.uint();
  for (let i = 0; i < count && !facts.overrun; i++) {
    at.push((at.at(-1) ?? 0) + facts.uint());
    const packed = facts.uint();
    space.push((packed >> 1) - 1);
    pid.push(packed & 1);
    address.push(facts.difference(address.at(-1) ?? 0n));
    offset.push(offset[i] + facts.uint());
  }
  return {
    count: at.length,
    at: Int32Array.from(at),
    space: Int16Array.from(space),
    address: BigUint64Array.from(address),
    offset: Uint32Array.from(offset),
    bytes: bytes.bytes(offset.at(-1) ?? 0).slice(),
    pid: Uint8Array.from(pid),
  };
}

/** Addresses of pages, ascending. */
export function readPages(pages: ByteReader): BigUint64Array {
  const found: bigint[] = [];
  while (!pages.done) found.push((found.at(-1) ?? 0n) + (pages.wide() << 12n));
  return BigUint64Array.from(found);
}
