import type { EventField } from '../trace/event-field.ts';
import type { HistData } from './hist-data.ts';
import type { HistTrigger } from './hist-trigger.ts';

function isSameField(a: EventField | undefined, b: EventField | undefined): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  return a.name === b.name && a.type === b.type && a.size === b.size && a.signed === b.signed;
}

function sameFields(a: HistData, b: HistData): boolean {
  return a.fields.every((field, i) => {
    const other = b.fields[i]!;
    return (
      field.flags === other.flags &&
      isSameField(field.field, other.field) &&
      field.offset === other.offset &&
      field.size === other.size &&
      field.signed === other.signed &&
      field.varName === other.varName
    );
  });
}

function sameActions(a: HistData, b: HistData): boolean {
  return (
    a.actions.length === b.actions.length &&
    a.actions.every((action, i) => {
      const other = b.actions[i]!;
      return (
        action.handler === other.handler &&
        action.kind === other.kind &&
        action.params.length === other.params.length &&
        action.params.every((param, n) => param === other.params[n]) &&
        action.target === other.target &&
        action.matchSystem === other.matchSystem &&
        action.matchEvent === other.matchEvent &&
        action.varText === other.varText
      );
    })
  );
}

/**
 * Whether a command means a histogram that is there (`hist_trigger_match()`).
 * @param named the trigger that owns the counts of the command's name
 */
export function matchesHist(
  trigger: HistTrigger,
  other: HistTrigger,
  named: HistTrigger | undefined,
  ignoreFilter: boolean,
): boolean {
  if (named ? named !== other && named !== other.owner : trigger.hist.kernel.named.includes(other)) return false;
  const [a, b] = [trigger.hist, other.hist];
  if (a.vals.length !== b.vals.length || a.fields.length !== b.fields.length) return false;
  if (a.sortKeys.length !== b.sortKeys.length || !sameFields(a, b)) return false;
  const sameOrder = a.sortKeys.every(
    ({ index, descending }, i) => index === b.sortKeys[i]!.index && descending === b.sortKeys[i]!.descending,
  );
  if (!sameOrder || (!ignoreFilter && trigger.filterText !== other.filterText)) return false;
  return sameActions(a, b);
}
