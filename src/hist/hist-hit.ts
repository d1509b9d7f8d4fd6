import { type Cpu, StackTrace } from '../machine/index.ts';
import type { RecordWriter } from '../trace/record.ts';
import type { HistData } from './hist-data.ts';
import { type HistField, HistFlag, STACK_DEPTH, STACK_SIZE, STRING_SIZE } from './hist-field.ts';
import { runActions } from './hist-track.ts';
import { COMM_SIZE, TEXT_SIZE, type TracingMap } from './tracing-map.ts';
import type { Halves } from './u64.ts';

/** Hits of histograms that may be under way on a cpu; those of synthetic events that they trace nest. `MAX_HIST_CNT` */
const PADS = 4;
/** High half of what stands for the address of a text. */
const TEXT_ADDRESS = 0xffff8881;

/** What one hit of a histogram needs; used again and again. */
export class HitPad implements Halves {
  /** The value that was read last, in unsigned halves. */
  lo = 0;
  hi = 0;
  cpu!: Cpu;
  record!: RecordWriter;
  hist!: HistData;
  /** The element that counts the hit, −1 while it is looked for. */
  element = -1;
  readonly key = new Uint8Array(STRING_SIZE + STACK_SIZE);
  readonly keyView = new DataView(this.key.buffer);
  /** Values of the histogram's references, in halves. */
  readonly refs = new Uint32Array(32);
  /** The stack that was read or taken last. */
  readonly stack = new StackTrace();
  /** Where the text lies that was read last: so many bytes, or up to a NUL before. */
  text: Uint8Array = this.key;
  textAt = 0;
  textSize = 0;
  readonly #comm = new Uint8Array(COMM_SIZE);

  /** Where the text or stack lies that a reference means: in the map of the histogram whose variable it is. */
  textsOf(ref: number): TracingMap {
    return this.hist.varRefs[ref]!.varHist!.map;
  }

  /** The text is in the record, at an offset. */
  pointToRecord(offset: number, size: number): void {
    const { bytes, base } = this.record;
    this.#point(bytes, base + offset, size);
  }

  /** The text is the running task's name. */
  pointToComm(): void {
    const { comm } = this.cpu.current;
    for (let i = 0; i < COMM_SIZE; i++) this.#comm[i] = i < comm.length ? comm.charCodeAt(i) : 0;
    this.#point(this.#comm, 0, Math.min(comm.length, COMM_SIZE - 1));
  }

  /** The text is the name that the element keeps. */
  pointToSavedComm(): void {
    this.#point(this.hist.map.comms, this.element * COMM_SIZE, COMM_SIZE);
  }

  #point(bytes: Uint8Array, at: number, size: number): void {
    this.text = bytes;
    this.textAt = at;
    this.textSize = size;
    this.lo = at >>> 0;
    this.hi = TEXT_ADDRESS;
  }
}

/** Pads of each cpu. */
export class HitPads {
  readonly #pads: HitPad[];
  readonly #open: Uint8Array;

  constructor(cpus: number) {
    this.#pads = Array.from({ length: cpus * PADS }, () => new HitPad());
    this.#open = new Uint8Array(cpus);
  }

  /** A pad, to be given back; `undefined` when too many hits are under way on this cpu. */
  take(cpu: Cpu): HitPad | undefined {
    const open = this.#open[cpu.id]!;
    if (open === PADS) return undefined;
    this.#open[cpu.id] = open + 1;
    return this.#pads[cpu.id * PADS + open];
  }

  give(cpu: Cpu): void {
    this.#open[cpu.id]!--;
  }
}

/** Counts a hit of an event (`event_hist_trigger()`). */
export function hitHist(hist: HistData, cpu: Cpu, record: RecordWriter): void {
  const { pads } = hist.kernel;
  const pad = pads.take(cpu);
  if (!pad) return;
  pad.cpu = cpu;
  pad.record = record;
  pad.hist = hist;
  pad.element = -1;
  fillKey(pad);
  if (resolveReferences(pad, false)) {
    pad.element = insert(pad);
    if (pad.element >= 0) {
      updateElement(pad);
      if (hist.actions.length > 0 && resolveReferences(pad, true)) runActions(pad);
    }
  }
  pads.give(cpu);
}

function fillKey(pad: HitPad): void {
  const { hist, key, keyView } = pad;
  key.fill(0);
  const { keys } = hist;
  for (let i = 0; i < keys.length; i++) {
    const field = keys[i]!;
    const { offset, flags } = field;
    if (flags & HistFlag.STACKTRACE) {
      if (field.field) hist.keyReads[i]!(pad);
      else takeStack(pad, 0);
      storeStack(pad, key, offset);
      continue;
    }
    hist.keyReads[i]!(pad);
    if (flags & HistFlag.STRING) copyText(pad, key, offset, Math.min(pad.textSize, field.size - 1));
    else {
      keyView.setUint32(offset, pad.lo, true);
      keyView.setUint32(offset + 4, pad.hi, true);
    }
  }
}

/** Takes the stack of the hit, as far as a key or a variable shows it (`stack_trace_save()`). */
function takeStack(pad: HitPad, deeper: 0 | 1): void {
  const { hist, stack, cpu } = pad;
  stack.clear();
  hist.file.call.pushHitStack(hist.kernel.tracing.machine, cpu, stack, false);
  stack.skip(hist.file.call.histStackSkip - deeper);
}

/** Puts a stack's addresses into bytes, at most {@link STACK_DEPTH}; returns how many. */
function storeStack({ stack }: HitPad, bytes: Uint8Array, at: number): number {
  const count = Math.min(stack.count, STACK_DEPTH);
  for (let i = 0; i < 2 * count; i++) {
    const word = stack.words[i]!;
    const to = at + 4 * i;
    bytes[to] = word;
    bytes[to + 1] = word >>> 8;
    bytes[to + 2] = word >>> 16;
    bytes[to + 3] = word >>> 24;
  }
  return count;
}

function copyText(pad: HitPad, bytes: Uint8Array, at: number, size: number): void {
  const { text, textAt } = pad;
  for (let i = 0; i < size; i++) bytes[at + i] = text[textAt + i] ?? 0;
}

/** The element of the hit; a new one may note who hit. */
function insert(pad: HitPad): number {
  const { hist, key, cpu } = pad;
  const { map } = hist;
  const before = map.count;
  const element = map.insert(key);
  if (map.count !== before && map.shape.comm) {
    const { pid, comm } = cpu.current;
    const name = pid === 0 ? '<idle>' : comm;
    const at = element * COMM_SIZE;
    for (let i = 0; i < COMM_SIZE; i++) map.comms[at + i] = i < name.length ? name.charCodeAt(i) : 0;
  }
  return element;
}

/**
 * Reads the variables that the histogram refers to: those of others before the hit is counted, its own after (`resolve_var_refs()`).
 * @returns whether all are set
 */
function resolveReferences(pad: HitPad, own: boolean): boolean {
  const { hist, key, refs } = pad;
  const { varRefs } = hist;
  for (let i = 0; i < varRefs.length; i++) {
    const ref = varRefs[i]!;
    const other = ref.varHist;
    if (!other) return false;
    if ((other === hist) !== own) continue;
    const { map } = other;
    const element = map.lookup(key);
    if (element < 0) return false;
    const at = map.varAt(element, ref.varIndex);
    if (map.varSet[at] === 0) return false;
    if (!own && ref.readOnce) map.varSet[at] = 0;
    refs[2 * i] = map.vars[2 * at]!;
    refs[2 * i + 1] = map.vars[2 * at + 1]!;
  }
  return true;
}

/** Adds the values to the element's sums, sets its variables (`hist_trigger_elt_update()`). */
function updateElement(pad: HitPad): void {
  const { hist, element } = pad;
  const { map, vals } = hist;
  for (let i = 0; i < vals.length; i++) {
    const field = vals[i]!;
    hist.valReads[i]!(pad);
    if (field.flags & HistFlag.VAR) {
      const texts = hist.fieldVarTexts + hist.saveVarTexts;
      setVariable(pad, field, field.varIndex, texts + field.textIndex, 0);
      continue;
    }
    const at = map.sumAt(element, i);
    const low = map.sums[at]! + pad.lo;
    map.sums[at] = low;
    map.sums[at + 1] = map.sums[at + 1]! + pad.hi + (low > 0xffffffff ? 1 : 0);
  }
  setFieldVars(pad, 'fieldVars', 0);
}

/** Sets the variables that actions need from fields of the hit (`__update_field_vars()`). */
export function setFieldVars(pad: HitPad, which: 'fieldVars' | 'saveVars', firstText: number): void {
  const { hist } = pad;
  const vars = hist[which];
  const reads = which === 'fieldVars' ? hist.fieldVarReads : hist.saveVarReads;
  let text = firstText;
  for (let i = 0; i < vars.length; i++) {
    const { variable, value } = vars[i]!;
    reads[i]!(pad);
    setVariable(pad, value, variable.varIndex, text, 1);
    if (value.flags & (HistFlag.STRING | HistFlag.STACKTRACE)) text++;
  }
}

/** Sets a variable of the element to what was read last; a text or a stack is copied to a place of its own. */
function setVariable(pad: HitPad, value: HistField, index: number, textIndex: number, deeper: 0 | 1): void {
  const { hist, element } = pad;
  const { map } = hist;
  if (value.flags & (HistFlag.STRING | HistFlag.STACKTRACE)) {
    const at = map.textAt(element, textIndex);
    if (value.flags & HistFlag.STRING) keepText(pad, map.texts, at, Math.min(value.size, TEXT_SIZE));
    else keepStack(pad, map.texts, at, deeper);
    pad.lo = at;
    pad.hi = TEXT_ADDRESS;
  }
  const at = map.varAt(element, index);
  map.vars[2 * at] = pad.lo;
  map.vars[2 * at + 1] = pad.hi;
  map.varSet[at] = 1;
}

/** Copies the text up to its NUL, at most so many bytes with a NUL (`strscpy()`). */
function keepText({ text, textAt }: HitPad, bytes: Uint8Array, at: number, size: number): void {
  let i = 0;
  while (i < size - 1 && (text[textAt + i] ?? 0) !== 0) {
    bytes[at + i] = text[textAt + i]!;
    i++;
  }
  if (size > 0) bytes[at + i] = 0;
}

/** Keeps a stack as a count of 8 bytes and so many addresses. */
function keepStack(pad: HitPad, bytes: Uint8Array, at: number, deeper: 0 | 1): void {
  takeStack(pad, deeper);
  bytes.fill(0, at, at + TEXT_SIZE);
  bytes[at] = storeStack(pad, bytes, at + 8);
}
