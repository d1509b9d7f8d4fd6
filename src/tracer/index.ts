export { FilterFile, type FilterTarget } from './filter-file.ts';
export { FunctionTracing } from './function-tracing.ts';
export { GraphFile, type GraphList } from './graph-functions.ts';
