/** What a frame carries: a message as JSON, a message of the FUSE protocol as it is, or, as JSON, what a shell tells its terminal. */
export const FrameKind = { JSON: 0, FUSE: 1, SHELL: 2 } as const;

/** A frame as it came. */
export interface Frame {
  readonly kind: number;
  readonly payload: Uint8Array;
}

/**
 * Bytes in front of a payload.
 *
 *     0      4    5
 *     |length|kind|payload…
 *
 * `length` counts the payload, little-endian.
 */
const HEADER_SIZE = 5;
/** Most bytes of a payload. */
export const MAX_PAYLOAD = 16 << 20;

/** A frame around a payload. */
export function frame(kind: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint8(4, kind);
  bytes.set(payload, HEADER_SIZE);
  return bytes;
}

/** A frame around a value as JSON. */
export function jsonFrame(value: unknown, kind: number = FrameKind.JSON): Uint8Array {
  return frame(kind, new TextEncoder().encode(JSON.stringify(value)));
}

/** The value that a JSON frame carries; undefined when it carries none. */
export function jsonOf({ payload }: Frame): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
}

/** Puts frames together from pieces of any size. */
export class FrameReader {
  #pending: Uint8Array[] = [];
  #length = 0;
  #broken = false;

  /** Whether something came that cannot be a frame: nothing more is read from there. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Takes a piece; the frames that are whole by now, in order. */
  *push(piece: Uint8Array): Generator<Frame> {
    if (this.#broken || piece.length === 0) return;
    this.#pending.push(piece);
    this.#length += piece.length;
    while (this.#length >= HEADER_SIZE) {
      const all = this.#joined();
      const length = new DataView(all.buffer, all.byteOffset).getUint32(0, true);
      if (length > MAX_PAYLOAD) {
        this.#broken = true;
        return;
      }
      const end = HEADER_SIZE + length;
      if (all.length < end) return;
      this.#pending = end < all.length ? [all.subarray(end)] : [];
      this.#length = all.length - end;
      yield { kind: all[4]!, payload: all.subarray(HEADER_SIZE, end) };
    }
  }

  #joined(): Uint8Array {
    const [first, ...others] = this.#pending;
    if (others.length === 0) return first!;
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pending) {
      all.set(piece, at);
      at += piece.length;
    }
    this.#pending = [all];
    return all;
  }
}
