export { FunctionTable } from './function-table.ts';
export {
  type ImportedKernel,
  type ImportOptions,
  type ImportReport,
  importProfile,
  type RecordingFile,
} from './import-profile.ts';
export { builtinProfiles, DEFAULT_PROFILE, type KernelProfile, loadProfile } from './profile.ts';
export { isProfileError, type ProfileError } from './profile-error.ts';
export { type EventField, type EventName, type StaticEvent, StaticEvents } from './static-events.ts';
export { type NamedAddress, type SymbolAt, type SymbolLine, SymbolTable } from './symbol-table.ts';
export { WorkloadFiles } from './workload-files.ts';
