import { Errno } from '../abi/errno.ts';
import type { TraceEventFile } from '../trace/event-file.ts';
import { type HistAction, PARAMS_MAX } from './hist-actions.ts';
import type { FieldVar, HistData } from './hist-data.ts';
import type { HistErrorCode } from './hist-errors.ts';
import { parseFieldText } from './hist-expression.ts';
import { type HistField, HistFlag } from './hist-field.ts';
import { SnapshotCondition } from './hist-track.ts';
import { createVar, createVarRef, findEventVar, findVarField, histsOf } from './hist-variables.ts';
import type { SynthEvent } from './synth-event.ts';

/** Sets a histogram on an event in the course of setting another. */
type SetHist = (file: TraceEventFile, params: string) => number;

/** The event that a parameter of an action names. */
interface EventName {
  readonly system: string | undefined;
  readonly event: string | undefined;
}

/** Makes what the actions of a histogram need (`create_actions()`). Returns 0 or a negative errno. */
export function createActions(hist: HistData, setHist: SetHist): number {
  for (const action of hist.actions) {
    const ret =
      action.handler === 'onmatch' ? createAction(hist, action, setHist) : createTracking(hist, action, setHist);
    if (ret < 0) return ret;
  }
  return 0;
}

/** Gives back what the actions of a histogram hold. */
export function releaseActions(hist: HistData): void {
  const { array } = hist.file;
  for (const action of hist.actions) {
    if (action.synth) action.synth.refs--;
    delete action.synth;
  }
  const condition = array.snapshotCondition;
  if (condition instanceof SnapshotCondition && condition.hist === hist) array.snapshotCondition = undefined;
}

function refuse(hist: HistData, code: HistErrorCode, piece = '', errno: number = Errno.EINVAL): number {
  hist.kernel.log.add(hist.file.array, code, piece);
  return -errno;
}

/** onmax() and onchange(): the variable that is watched, and the one that remembers its value (`track_data_create()`). */
function createTracking(hist: HistData, action: HistAction, setHist: SetHist): number {
  const text = action.varText ?? '';
  if (!text.startsWith('$')) return refuse(hist, 'ONX_NOT_VAR', text);
  const name = text.slice(1);
  const variable = findVarField(hist, name);
  if (!variable) return refuse(hist, 'ONX_VAR_NOT_FOUND', name);
  const reference = createVarRef(hist, variable, undefined, undefined);
  if (!reference) return -Errno.ENOMEM;
  action.varRef = reference;
  const shape = { name: action.handler === 'onmax' ? '__max' : '__change', size: 8, type: 'u64' };
  const trackVar = createVar(hist, hist.file, shape);
  if (typeof trackVar === 'number') return refuse(hist, 'ONX_VAR_CREATE_FAIL', '', -trackVar);
  action.trackVar = trackVar;
  return createAction(hist, action, setHist);
}

function createAction(hist: HistData, action: HistAction, setHist: SetHist): number {
  if (action.kind === 'trace') return createTrace(hist, action, setHist);
  return action.kind === 'save' ? createSave(hist, action) : createSnapshot(hist, action);
}

function createSnapshot(hist: HistData, action: HistAction): number {
  const { array } = hist.file;
  if (array.snapshotCondition) return -Errno.EBUSY;
  const ret = array.allocateSnapshot();
  if (ret < 0) return ret;
  array.snapshotCondition = new SnapshotCondition(hist, action);
  return 0;
}

function createSave(hist: HistData, action: HistAction): number {
  if (hist.saveVars.length > 0) return refuse(hist, 'TOO_MANY_SAVE_ACTIONS', '', Errno.EEXIST);
  for (const param of action.params) {
    const made = createFieldVar(hist, param);
    if (typeof made === 'number') return refuse(hist, 'FIELD_VAR_CREATE_FAIL', param, -made);
    hist.saveVars.push(made);
    if (made.value.is(HistFlag.STRING | HistFlag.STACKTRACE)) hist.saveVarTexts++;
  }
  return 0;
}

/** A variable for a field of the event, named like it (`create_field_var()`). */
function createFieldVar(hist: HistData, name: string): FieldVar | number {
  const { file } = hist;
  if (hist.fieldVars.length >= PARAMS_MAX) return refuse(hist, 'TOO_MANY_FIELD_VARS', name);
  const value = parseFieldText(hist, file, name, HistFlag.VAR);
  if (typeof value === 'number') return refuse(hist, 'FIELD_VAR_PARSE_FAIL', name, -value);
  const variable = createVar(hist, file, { name, size: value.size, type: value.type });
  if (typeof variable === 'number') return refuse(hist, 'VAR_CREATE_FIND_FAIL', name, -variable);
  return { variable, value };
}

/** Whether a parameter's event is the histogram's own. */
function isOwnEvent({ file }: HistData, { system, event }: EventName): boolean {
  if (system === undefined) return true;
  return system === file.call.system && event === file.call.name;
}

/** The event that is meant where none is named: for onmatch() the one that came before. */
function matchedEvent(action: HistAction, name: EventName): EventName {
  if (name.system !== undefined || action.handler !== 'onmatch') return name;
  return { system: action.matchSystem, event: action.matchEvent };
}

/** Tracing a synthetic event: a variable for each of its fields (`trace_action_create()`). */
function createTrace(hist: HistData, action: HistAction, setHist: SetHist): number {
  const synth = hist.kernel.synthetic.find(action.target);
  if (!synth) return refuse(hist, 'SYNTH_EVENT_NOT_FOUND', action.target);
  const refIndexes: number[] = [];
  for (const param of action.params) {
    const [head = '', middle, ...rest] = param.split('.');
    if (middle !== undefined && rest.length === 0) return -Errno.EINVAL;
    const name: EventName =
      middle === undefined ? { system: undefined, event: undefined } : { system: head, event: middle };
    const text = middle === undefined ? head : rest.join('.');
    const variable = text.startsWith('$')
      ? findParam(hist, action, name, text.slice(1))
      : createParam(hist, { action, name, text, setHist });
    if (!variable) return -Errno.EINVAL;
    if (!fits(synth, variable, refIndexes.length)) return refuse(hist, 'SYNTH_TYPE_MISMATCH', text);
    const reference = createVarRef(hist, variable, name.system, name.event);
    if (!reference) return -Errno.ENOMEM;
    refIndexes.push(reference.refIndex);
  }
  if (refIndexes.length !== synth.synthFields.length) return refuse(hist, 'SYNTH_COUNT_MISMATCH', synth.name);
  synth.refs++;
  action.synth = synth;
  action.refIndexes = refIndexes;
  return 0;
}

/** `$VARIABLE` of the histogram's own event, or of another (`trace_action_find_var()`). */
function findParam(hist: HistData, action: HistAction, name: EventName, text: string): HistField | undefined {
  const own = isOwnEvent(hist, name) ? findVarField(hist, text) : undefined;
  const { system, event } = matchedEvent(action, name);
  const found = own ?? findEventVar(hist, system, event, text);
  if (!found) refuse(hist, 'PARAM_NOT_FOUND', text);
  return found;
}

interface Param {
  readonly action: HistAction;
  readonly name: EventName;
  readonly text: string;
  readonly setHist: SetHist;
}

/** A variable for a field of the histogram's own event, or of another (`trace_action_create_field_var()`). */
function createParam(hist: HistData, { action, name, text, setHist }: Param): HistField | undefined {
  const own = isOwnEvent(hist, name) ? createFieldVar(hist, text) : undefined;
  if (typeof own === 'object') {
    hist.fieldVars.push(own);
    if (own.value.is(HistFlag.STRING | HistFlag.STACKTRACE)) hist.fieldVarTexts++;
    return own.variable;
  }
  const { system, event } = matchedEvent(action, name);
  if (system === undefined || event === undefined) return undefined;
  return createFieldVarHist(hist, { system, event }, text, setHist);
}

/** The histogram of an event with keys like those of another (`find_compatible_hist()`). */
function findCompatible(hist: HistData, file: TraceEventFile) {
  return histsOf(file).find(
    ({ hist: other }) =>
      other.keys.length === hist.keys.length &&
      other.keys.every((key, i) => {
        const { type, size, signed } = hist.keys[i]!;
        return key.type === type && key.size === size && key.signed === signed;
      }),
  );
}

/**
 * Gives another event a histogram with a variable for one of its fields: with the keys and the filter of one that fits
 * (`create_field_var_hist()`).
 */
function createFieldVarHist(
  hist: HistData,
  { system, event }: { readonly system: string; readonly event: string },
  field: string,
  setHist: SetHist,
): HistField | undefined {
  const fail = (code: HistErrorCode) => {
    refuse(hist, code, field);
    return undefined;
  };
  if (hist.fieldVarHists.length >= PARAMS_MAX) return fail('TOO_MANY_FIELD_VARS');
  const file = hist.file.array.eventFile(system, event);
  if (!file) return fail('EVENT_FILE_NOT_FOUND');
  const compatible = findCompatible(hist, file);
  if (!compatible) return fail('HIST_NOT_FOUND');
  const variable = () => findEventVar(hist, system, event, `synthetic_${field}`);
  const known = variable();
  if (known) return known;
  // Keys that are no fields of the event have no name here; Linux does not survive them.
  const keys = compatible.hist.keys.map((key) => key.field?.name ?? '').join(',');
  const filter = compatible.filterText === undefined ? '' : ` if ${compatible.filterText}`;
  const params = `keys=${keys}:synthetic_${field}=${field}${filter}`;
  if (setHist(file, params) < 0) return fail('HIST_CREATE_FAIL');
  const made = variable();
  if (!made) return fail('SYNTH_VAR_NOT_FOUND');
  hist.fieldVarHists.push({ file, params });
  return made;
}

/** Whether a variable can be a field of a synthetic event (`check_synth_field()`). */
function fits(synth: SynthEvent, variable: HistField, at: number): boolean {
  const field = synth.synthFields[at];
  if (!field) return false;
  if (variable.type.includes('char[') && field.kind === 'string' && field.isDynamic) return true;
  if (variable.type.includes('long[') && field.kind === 'stack') return true;
  if (field.type === variable.type) return true;
  return field.size === variable.size && (field.kind === 'string' || field.signed === variable.signed);
}
