import { InHeader } from './structs.ts';

/** Process that a request comes from. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  /** Thread id, in the pid namespace of the mount; 0 for the kernel itself. */
  readonly pid: number;
}

/** A request that ends before all is there that it needs. */
export class ShortRequest extends Error {}

/** A request as it came from the kernel. It is read in place: nothing of it may be kept when the next one comes. */
export class Request implements Caller {
  readonly opcode: number;
  readonly unique: number;
  readonly nodeid: number;
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  readonly view: DataView;
  readonly #bytes: Uint8Array;

  /** @param bytes exactly one message */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { opcode, unique, nodeid, uid, gid, pid } = InHeader.read(this.view, 0);
    this.opcode = opcode;
    this.unique = unique;
    this.nodeid = nodeid;
    this.uid = uid;
    this.gid = gid;
    this.pid = pid;
  }

  /** What follows the header, as a structure. Throws {@link ShortRequest} when there is less. */
  body<Fields>(structure: { readonly size: number; read(view: DataView, at: number): Fields }): Fields {
    if (this.view.byteLength < InHeader.size + structure.size) throw new ShortRequest();
    return structure.read(this.view, InHeader.size);
  }

  /** The name behind a structure of `after` bytes, or behind the header; latin1, without its terminator. */
  name(after = 0): string {
    let end = InHeader.size + after;
    while (end < this.#bytes.length && this.#bytes[end] !== 0) end++;
    return latin1(this.#bytes, InHeader.size + after, end);
  }

  /** So many bytes of data behind a structure of `after` bytes; latin1. */
  data(after: number, size: number): string {
    const start = InHeader.size + after;
    return latin1(this.#bytes, start, Math.min(start + size, this.#bytes.length));
  }
}

/** Whether a message is one whole request: of the length that it says, which is enough for what it asks. */
export function isRequest(bytes: Uint8Array): boolean {
  if (bytes.length < InHeader.size) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(InHeader.offsets.len, true) === bytes.length;
}

/** Bytes that become characters at a time. */
const CHUNK = 4096;

/** Bytes as text, one character each. */
function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, Math.min(at + CHUNK, end)));
  return text;
}
