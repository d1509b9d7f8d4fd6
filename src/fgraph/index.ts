export { Fgraph } from './fgraph.ts';
export { GraphFilter, type GraphVerdict } from './graph-filter.ts';
export { type GraphEntry, GraphOps, type GraphOpsOptions, type GraphReturn } from './graph-ops.ts';
export {
  backOf,
  bitmapOf,
  dataIndexOf,
  dataSizeOf,
  frameWords,
  maxOffset,
  ShadowLayout,
  ShadowStack,
  typeOf,
} from './shadow-stack.ts';
