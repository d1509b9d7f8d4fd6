export type { CommandError, ErrorSink } from './command-log.ts';
export { createDynamicEvents, type DynamicEventsOptions } from './create.ts';
export type { ProbeDefinition } from './definition.ts';
export { type DefinitionAnswer, DefinitionCheck } from './definition-check.ts';
export { type DynamicEvent, type DynamicEventKind, DynamicEvents } from './dynamic-events.ts';
export { ProbeEvent } from './probe-event.ts';
export type { ProbeKernel } from './probe-kernel.ts';
export { runCommands } from './run-command.ts';
