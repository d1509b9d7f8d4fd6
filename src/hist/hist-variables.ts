import { Errno } from '../abi/errno.ts';
import type { TraceEventFile } from '../trace/event-file.ts';
import { TriggerType } from '../trace/triggers.ts';
import type { HistData } from './hist-data.ts';
import { createHistField, HistField, HistFlag } from './hist-field.ts';
import type { HistTrigger } from './hist-trigger.ts';
import { MapLimit } from './tracing-map.ts';

/** The variable of a histogram with this name. */
export function findVarField(hist: HistData, name: string): HistField | undefined {
  return hist.fields.find((field) => field.is(HistFlag.VAR) && field.varName === name);
}

/** The histograms of an event, in the order of its triggers. */
export function histsOf(file: TraceEventFile): HistTrigger[] {
  return [...file.triggers].filter((trigger) => trigger.type === TriggerType.EVENT_HIST) as HistTrigger[];
}

/** The variable of any histogram of an event with this name (`find_file_var()`). */
function findFileVar(file: TraceEventFile, name: string): HistField | undefined {
  for (const { hist } of histsOf(file)) {
    const field = findVarField(hist, name);
    if (field) return field;
  }
  return undefined;
}

/** The variable of a histogram or of another one of the same event (`find_var()`). */
export function findVar(hist: HistData, file: TraceEventFile, name: string): HistField | undefined {
  return findVarField(hist, name) ?? findFileVar(file, name);
}

/** The event whose histogram has a variable of this name: the one that is named, if it can be enabled, or the only one (`find_var_file()`). */
function findVarFile(
  hist: HistData,
  system: string | undefined,
  event: string | undefined,
  name: string,
): TraceEventFile | undefined {
  const { array } = hist.file;
  if (system !== undefined) {
    const file = array.eventFile(system, event ?? '');
    return file?.call.ignoreEnable ? undefined : file;
  }
  let found: TraceEventFile | undefined;
  for (const other of hist.kernel.withVariables(array)) {
    if (other.file === found || !findVarField(other, name)) continue;
    if (found) {
      hist.kernel.log.add(array, 'VAR_NOT_UNIQUE', name);
      return undefined;
    }
    found = other.file;
  }
  return found;
}

/** The variable of this name on an event that an action waits for; `null` when there are several (`find_match_var()`). */
function findMatchVar(hist: HistData, name: string): HistField | null | undefined {
  let found: HistField | undefined;
  for (const action of hist.actions) {
    if (action.handler !== 'onmatch') continue;
    const file = findVarFile(hist, action.matchSystem, action.matchEvent, name);
    const field = file && findFileVar(file, name);
    if (!field) continue;
    if (found) {
      hist.kernel.log.add(hist.file.array, 'VAR_NOT_UNIQUE', name);
      return null;
    }
    found = field;
  }
  return found;
}

/** The variable that a reference means (`find_event_var()`). */
export function findEventVar(
  hist: HistData,
  system: string | undefined,
  event: string | undefined,
  name: string,
): HistField | undefined {
  if (system === undefined || event === undefined) {
    const found = findMatchVar(hist, name);
    if (found === null) return undefined;
    if (found) return found;
  }
  const file = findVarFile(hist, system, event, name);
  return file && findFileVar(file, name);
}

/** Lets a reference or alias be one to a variable (`init_var_ref()`). */
export function referTo(field: HistField, to: HistField, system: string | undefined, event: string | undefined): void {
  field.varIndex = to.varIndex;
  field.varHist = to.varHist;
  field.size = to.size;
  field.signed = to.signed;
  field.flags |= to.flags & (HistFlag.TIMESTAMP | HistFlag.TIMESTAMP_USECS);
  field.system = system;
  field.event = event;
  field.name = to.varName ?? to.name;
  field.type = to.type;
}

/**
 * A reference of a histogram to a variable, the same one each time (`create_var_ref()`).
 * @returns `undefined` when it has too many
 */
export function createVarRef(
  hist: HistData,
  variable: HistField,
  system: string | undefined,
  event: string | undefined,
): HistField | undefined {
  const known = hist.varRefs.find((ref) => ref.varIndex === variable.varIndex && ref.varHist === variable.varHist);
  if (known) return known;
  if (hist.varRefs.length >= MapLimit.VARS) return undefined;
  const ref = createHistField(variable.varHist ?? hist, undefined, HistFlag.VAR_REF)!;
  referTo(ref, variable, system, event);
  ref.refIndex = hist.varRefs.length;
  hist.varRefs.push(ref);
  return ref;
}

/** Makes a variable that an action needs (`create_var()`); a negative errno when there is one of that name, or too many. */
export function createVar(
  hist: HistData,
  file: TraceEventFile,
  { name, size, type }: { readonly name: string; readonly size: number; readonly type: string },
): HistField | number {
  if (findVar(hist, file, name) && !hist.remove) return -Errno.EINVAL;
  const index = hist.addMapVar();
  if (index < 0) return index;
  const variable = new HistField(hist);
  variable.flags = HistFlag.VAR;
  variable.varIndex = index;
  variable.varHist = hist;
  variable.size = size;
  variable.type = type;
  variable.varName = name;
  return variable;
}

/** Whether another histogram refers to a variable of this one (`check_var_refs()`). */
export function isReferredTo(hist: HistData): boolean {
  const variables = hist.fields.filter((field) => field.is(HistFlag.VAR));
  if (variables.length === 0) return false;
  return hist.kernel
    .withVariables(hist.file.array)
    .some(
      (other) =>
        other !== hist &&
        other.varRefs.some((ref) => ref.varHist === hist && variables.some((v) => v.varIndex === ref.varIndex)),
    );
}

/** Whether a field is a variable or refers to one (`field_has_hist_vars()`). */
export function hasVariables(field: HistField, level = 0): boolean {
  if (level > 3) return false;
  if (field.is(HistFlag.VAR | HistFlag.VAR_REF)) return true;
  return field.operands.some((operand) => hasVariables(operand, level + 1));
}
