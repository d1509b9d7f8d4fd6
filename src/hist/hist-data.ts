import { Errno } from '../abi/errno.ts';
import type { TraceEventFile } from '../trace/event-file.ts';
import type { HistAction } from './hist-actions.ts';
import type { HistAttributes } from './hist-attributes.ts';
import { compileField, type ReadField } from './hist-compile.ts';
import { type HistField, HistFlag } from './hist-field.ts';
import type { HistKernel } from './hist-kernel.ts';
import type { MutableText } from './mutable-text.ts';
import { MapLimit, TracingMap } from './tracing-map.ts';

/** A variable that an action needs, and the field that it is filled from (`struct field_var`). */
export interface FieldVar {
  readonly variable: HistField;
  readonly value: HistField;
}

/** A histogram that was made on another event to give an action a field of it (`struct field_var_hist`). */
interface FieldVarHist {
  readonly file: TraceEventFile;
  /** What removes it again. */
  readonly params: string;
}

/** By what a histogram is sorted: number of a sum or key, in the order of the map's fields. */
export interface SortKey {
  readonly index: number;
  readonly descending: boolean;
}

/** A definition of a variable. */
interface VariableDefinition {
  readonly name: string;
  /** What is left of it: parsing it cuts it, and references see that. */
  readonly expression: MutableText;
}

/** A histogram (`struct hist_trigger_data`). */
export class HistData {
  readonly kernel: HistKernel;
  readonly file: TraceEventFile;
  readonly attributes: HistAttributes;
  /** Whether it was only made to find the one to be removed. */
  readonly remove: boolean;
  /** Hit count, values, variables: `vals` of them. */
  readonly vals: HistField[] = [];
  readonly keys: HistField[] = [];
  /** Variables among the values. */
  varCount = 0;
  /** Definitions of variables, while they are being parsed. */
  definitions: readonly VariableDefinition[] = [];
  keySize = 0;
  sortKeys: readonly SortKey[] = [];
  enableTimestamps = false;
  timestampsInUsecs = false;
  /** References to variables, its own and others'. */
  readonly varRefs: HistField[] = [];
  readonly actions: HistAction[] = [];
  readonly fieldVars: FieldVar[] = [];
  readonly fieldVarHists: FieldVarHist[] = [];
  readonly saveVars: FieldVar[] = [];
  /** Texts of its variables, of its field variables, of those of save(). */
  varTexts = 0;
  fieldVarTexts = 0;
  saveVarTexts = 0;
  /** Variables of an element: those that were defined, and those that actions add. */
  mapVars = 0;
  #map: TracingMap | undefined;

  constructor(kernel: HistKernel, file: TraceEventFile, attributes: HistAttributes, remove: boolean) {
    this.kernel = kernel;
    this.file = file;
    this.attributes = attributes;
    this.remove = remove;
  }

  /** Values, then keys. */
  get fields(): readonly HistField[] {
    return [...this.vals, ...this.keys];
  }

  /** Gives a variable a number; −EINVAL when there are too many. */
  addMapVar(): number {
    return this.mapVars < MapLimit.VARS ? this.mapVars++ : -Errno.EINVAL;
  }

  /** Its counts, once {@link HistData.allocate} made them. */
  get map(): TracingMap {
    return this.#map!;
  }

  /** What reads the fields of a hit; made with the room for the counts. */
  valReads: readonly ReadField[] = [];
  keyReads: readonly ReadField[] = [];
  fieldVarReads: readonly ReadField[] = [];
  saveVarReads: readonly ReadField[] = [];

  /** Makes room for the counts and compiles what hits read: all parts are known now. */
  allocate(): void {
    this.valReads = this.vals.map(compileField);
    this.keyReads = this.keys.map(compileField);
    this.fieldVarReads = this.fieldVars.map(({ value }) => compileField(value));
    this.saveVarReads = this.saveVars.map(({ value }) => compileField(value));
    this.#map = new TracingMap({
      bits: this.attributes.mapBits,
      keySize: this.keySize,
      sums: this.vals.length - this.varCount,
      vars: this.mapVars,
      texts: this.varTexts + this.fieldVarTexts + this.saveVarTexts,
      comm: this.fields.some((field) => field.is(HistFlag.EXECNAME)),
    });
  }
}
