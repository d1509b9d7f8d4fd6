import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Frame, FrameKind, FrameReader, frame, jsonFrame, jsonOf, MAX_PAYLOAD } from './frames.ts';

/** Cuts bytes at some places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

test('frames come out as they went in, however they are cut', () => {
  const messages = fc.array(fc.tuple(fc.constantFrom(0, 1, 7), fc.uint8Array({ maxLength: 300 })), { maxLength: 8 });
  fc.assert(
    fc.property(messages, fc.array(fc.nat(), { maxLength: 12 }), (sent, places) => {
      const bytes = Buffer.concat(sent.map(([kind, payload]) => frame(kind, payload)));
      const reader = new FrameReader();
      const got: Frame[] = [];
      for (const piece of cut(bytes, places)) got.push(...reader.push(piece));
      expect(got.map(({ kind, payload }) => [kind, [...payload]])).toEqual(
        sent.map(([kind, payload]) => [kind, [...payload]]),
      );
      expect(reader.broken).toBe(false);
    }),
  );
});

test('JSON goes through', () => {
  const value = { op: 'write', data: 'f:a \xff\u0000 vfs_read\n' };
  const [got] = new FrameReader().push(jsonFrame(value));
  expect([got!.kind, jsonOf(got!)]).toEqual([FrameKind.JSON, value]);
  expect(jsonOf({ kind: 0, payload: Uint8Array.of(0x7b) })).toBeUndefined();
});

test('a frame that is too long breaks the reader', () => {
  const reader = new FrameReader();
  const bytes = frame(0, new Uint8Array(3));
  new DataView(bytes.buffer).setUint32(0, MAX_PAYLOAD + 1, true);
  expect([[...reader.push(bytes)], reader.broken, [...reader.push(frame(0, new Uint8Array(0)))]]).toEqual([
    [],
    true,
    [],
  ]);
});
