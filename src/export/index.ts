export { traceDat } from './trace-dat.ts';
