import { Errno } from '../abi/errno.ts';
import { EventFileFlag } from '../abi/event-file-flags.ts';
import type { TraceEventFile } from './event-file.ts';
import {
  parseCount,
  parseTriggerFilter,
  separateFilter,
  type TriggerCommand,
  type TriggerFilter,
} from './trigger-command.ts';
import { HitCount } from './trigger-simple.ts';
import { type Trigger, TriggerType } from './triggers.ts';

/** A trigger that switches something of another event. */
export interface SwitchAction {
  readonly name: string;
  readonly type: number;
  readonly on: boolean;
  /** Whether it is as wanted already: such a hit is not counted. */
  isSet(target: TraceEventFile): boolean;
  run(target: TraceEventFile): void;
}

const enabled = (on: boolean): SwitchAction => ({
  name: on ? 'enable_event' : 'disable_event',
  type: TriggerType.EVENT_ENABLE,
  on,
  isSet: (target) => ((target.flags & EventFileFlag.SOFT_DISABLED) === 0) === on,
  run: (target) => {
    if (on) target.flags &= ~EventFileFlag.SOFT_DISABLED;
    else target.flags |= EventFileFlag.SOFT_DISABLED;
  },
});

class SwitchTrigger implements Trigger {
  readonly type: number;
  readonly time = 'at-once';
  readonly filter: Trigger['filter'];
  readonly target: TraceEventFile;
  paused = false;
  readonly #action: SwitchAction;
  readonly #count: HitCount;
  readonly #filterText: string;

  constructor(action: SwitchAction, target: TraceEventFile, count: bigint, filter: TriggerFilter | undefined) {
    this.type = action.type;
    this.filter = filter?.match;
    this.target = target;
    this.#action = action;
    this.#count = new HitCount(count);
    this.#filterText = filter ? ` if ${filter.text}` : '';
  }

  run(): void {
    if (!this.#action.isSet(this.target) && this.#count.take()) this.#action.run(this.target);
  }

  text(): string {
    const { system, name } = this.target.call;
    return `${this.#action.name}:${system}:${name}:${this.#count.text()}${this.#filterText}`;
  }

  free(): void {
    this.target.setEnabled(false, true);
    this.target.call.refcnt--;
  }
}

/** `SYSTEM:EVENT[:COUNT]`, and the filter behind it. */
interface SwitchParams {
  readonly target: TraceEventFile;
  readonly count: string | undefined;
  readonly filter: string | undefined;
}

function parseTarget(file: TraceEventFile, params: string | undefined): SwitchParams | number {
  const { param, filter } = separateFilter(params, true);
  const [system = '', event, ...rest] = param?.split(':') ?? [];
  if (event === undefined) return -Errno.EINVAL;
  const target = file.array.eventFile(system, event);
  if (!target || target.call.ignoreEnable) return -Errno.EINVAL;
  return { target, count: rest.length > 0 ? rest.join(':') : undefined, filter };
}

function findSwitch(file: TraceEventFile, type: number, target: TraceEventFile): Trigger | undefined {
  for (const trigger of file.triggers)
    if (trigger.type === type && trigger instanceof SwitchTrigger && trigger.target === target) return trigger;
  return undefined;
}

function set(action: SwitchAction, file: TraceEventFile, params: string | undefined): number {
  const parsed = parseTarget(file, params);
  if (typeof parsed === 'number') return parsed;
  const { target } = parsed;
  const count = parseCount(parsed.count);
  if (typeof count === 'number') return count;
  const filter = parseTriggerFilter(file, parsed.filter);
  if (typeof filter === 'number') return filter;
  // From here on the event that is switched hits in soft mode and cannot be removed.
  const ret = target.setEnabled(true, true);
  if (ret < 0) return ret;
  target.call.refcnt++;
  const trigger = new SwitchTrigger(action, target, count, filter);
  const added = findSwitch(file, action.type, target) ? -Errno.EEXIST : file.triggers.add(trigger, 'first');
  if (added < 0) trigger.free();
  return added;
}

function remove(action: SwitchAction, file: TraceEventFile, params: string | undefined): number {
  const parsed = parseTarget(file, params);
  if (typeof parsed === 'number') return parsed;
  const trigger = findSwitch(file, action.type, parsed.target);
  if (trigger) file.triggers.remove(trigger);
  return 0;
}

/** The command of a trigger that switches something of another event: `NAME:SYSTEM:EVENT[:COUNT] [if FILTER]`. */
export function switchCommand(action: SwitchAction): TriggerCommand & { removeAll(file: TraceEventFile): void } {
  return {
    name: action.name,
    set: (file, params) => set(action, file, params),
    remove: (file, params) => remove(action, file, params),
    removeAll: (file) => {
      for (const trigger of file.triggers) if (trigger.type === action.type) file.triggers.remove(trigger);
    },
  };
}

/** `enable_event` and `disable_event`. They outlive a truncating open. */
export const ENABLE_TRIGGERS: readonly TriggerCommand[] = [enabled(true), enabled(false)].map((action) => {
  const { name, set, remove } = switchCommand(action);
  return { name, set, remove };
});
