export { addHistTriggers } from './hist-commands.ts';
