export { StaticEventSource } from './static-event-source.ts';
