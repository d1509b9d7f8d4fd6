import { TAIL_CALL, type Workload } from './workload.ts';

/** Bytes of a kernel stack. */
export const STACK_SIZE = 0x4000;
/** Bytes at the top of a stack that a system call's registers and the entry code take. */
const ENTRY_BYTES = 0xe8;
/** Bytes of a function's frame where nothing tells more: its locals, saved registers and return address. */
const USUAL_FRAME = 0x40;
/** Deepest that a frame may go. */
const DEEPEST = STACK_SIZE - 0x200;
const PASSES = 4;
/** Arguments that are not on the stack. */
const REGISTER_ARGS = 6;

/**
 * Where calls have their return addresses: bytes below the top of the stack, by call. A function's frame is as large as
 * the pointers to its locals say that it passed down. A call that jumped shares its caller's place.
 */
export function layStack(workload: Workload): Uint16Array {
  const { callFn, callParent, callFlags } = workload;
  const needed = deepestLocals(workload);
  const frames = new Map<number, number>();
  const depth = new Uint16Array(callFn.length);
  for (let pass = 0, grown = true; grown && pass < PASSES; pass++) {
    grown = false;
    for (let call = 0; call < callFn.length; call++) {
      const caller = callParent[call];
      if (caller < 0) {
        depth[call] = ENTRY_BYTES;
        continue;
      }
      if ((callFlags[call] & TAIL_CALL) !== 0) {
        depth[call] = depth[caller];
        continue;
      }
      const fn = callFn[caller];
      const frame = frames.get(fn) ?? USUAL_FRAME;
      const wanted = needed[call] - depth[caller];
      if (wanted > frame && needed[call] < DEEPEST) {
        frames.set(fn, wanted);
        grown = true;
      }
      depth[call] = Math.min(
        DEEPEST,
        depth[caller] + Math.max(frame, wanted > 0 && needed[call] < DEEPEST ? wanted : 0),
      );
    }
  }
  return depth;
}

/** By call, how far below the top of the stack it must be for the locals that it was passed to be above it. */
function deepestLocals(workload: Workload): Uint16Array {
  const { callFn, callArgs, argWords } = workload;
  const needed = new Uint16Array(callFn.length);
  const tops = workload.tasks.map(({ stackTop }) => ({
    hi: Number(stackTop >> 32n),
    lo: Number(stackTop & 0xffffffffn),
  }));
  for (let call = 0; call < callFn.length; call++) {
    const onStack = Math.max(0, callArgs[call + 1] - callArgs[call] - REGISTER_ARGS);
    for (let n = callArgs[call]; n < callArgs[call + 1]; n++) {
      const lo = argWords[2 * n];
      const hi = argWords[2 * n + 1];
      for (const top of tops) {
        const below = top.lo - lo;
        if (top.hi !== hi || below <= 0 || below > STACK_SIZE) continue;
        needed[call] = Math.max(needed[call], ((below + 15) & ~7) + 8 * onStack);
      }
    }
  }
  return needed;
}
