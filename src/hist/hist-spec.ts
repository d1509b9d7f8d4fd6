import type { HistAction } from './hist-actions.ts';
import type { HistData } from './hist-data.ts';
import { type HistField, HistFlag, histFieldName, modifierName } from './hist-field.ts';
import type { HistTrigger } from './hist-trigger.ts';

/** A field as a trigger's line shows it (`hist_field_print()`); the cpu's name comes twice, as the kernel has it. */
function fieldText(field: HistField): string {
  const variable = field.varName === undefined ? '' : `${field.varName}=`;
  const cpu = field.is(HistFlag.CPU) ? 'common_cpu' : '';
  const plain = !field.is(HistFlag.VAR_REF | HistFlag.EXPR | HistFlag.STACKTRACE);
  const modifier = field.flags !== 0 && plain ? modifierName(field) : undefined;
  const width = field.buckets === 0n ? '' : `=${BigInt.asIntN(64, field.buckets)}`;
  return `${variable}${cpu}${baseText(field)}${modifier === undefined ? '' : `.${modifier}`}${width}`;
}

function baseText(field: HistField): string {
  if (field.is(HistFlag.COMM)) return 'common_comm';
  if (field.is(HistFlag.CONST)) return field.constant.toString();
  return `${field.is(HistFlag.VAR_REF | HistFlag.ALIAS) ? '$' : ''}${histFieldName(field)}`;
}

function keyText(field: HistField): string {
  if (!field.is(HistFlag.STACKTRACE)) return fieldText(field);
  return field.field ? `${field.field.name}.stacktrace` : 'common_stacktrace';
}

function sortText(hist: HistData): string {
  const sortable = hist.fields.filter((field) => !field.is(HistFlag.VAR));
  return hist.sortKeys
    .map(({ index, descending }) => {
      const name = index === 0 ? 'hitcount' : fieldText(sortable[index]!);
      return descending ? `${name}.descending` : name;
    })
    .join(',');
}

function actionText(hist: HistData, action: HistAction): string {
  const handler = action.handler === 'onmatch' ? `${action.matchSystem}.${action.matchEvent}` : action.varText;
  return `:${action.handler}(${handler}).${action.name}(${paramsText(hist, action)})`;
}

function paramsText(hist: HistData, action: HistAction): string {
  if (action.kind === 'save') return hist.saveVars.map(({ variable }) => variable.varName).join(',');
  if (action.kind !== 'trace') return '';
  return [...(action.byKeyword ? [action.target] : []), ...action.params].join(',');
}

/** A hist trigger's line in the `trigger` file, without newline (`event_hist_trigger_print()`). */
export function histTriggerText({ hist, name, filterText, paused }: HistTrigger): string {
  const { noHitcount, clock, mapBits } = hist.attributes;
  const isVar = (field: HistField) => field.is(HistFlag.VAR);
  const vals = hist.vals.filter((field) => !isVar(field));
  const vars = hist.vals.filter(isVar).map(fieldText);
  const shown = vals.map((field, i) => (i === 0 ? 'hitcount' : fieldText(field))).slice(noHitcount ? 1 : 0);
  return [
    'hist:',
    name === undefined ? '' : `${name}:`,
    `keys=${hist.keys.map(keyText).join(',')}`,
    `:vals=${shown.join(',')}`,
    vars.length > 0 ? `:${vars.join(',')}` : '',
    `:sort=${sortText(hist)}`,
    `:size=${2 ** mapBits}`,
    hist.enableTimestamps ? `:clock=${clock}` : '',
    noHitcount ? ':nohitcount' : '',
    ...hist.actions.map((action) => actionText(hist, action)),
    filterText === undefined ? '' : ` if ${filterText}`,
    paused ? ' [paused]' : ' [active]',
  ].join('');
}
