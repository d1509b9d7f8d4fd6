export { fileSources, liveSources, type SourceFiles } from './file-sources.ts';
export { folderSources } from './folder-sources.ts';
export { FunctionTable } from './function-table.ts';
export {
  type ImportedKernel,
  type ImportOptions,
  type ImportReport,
  importProfile,
  profileNameOf,
  type RecordingFile,
} from './import-profile.ts';
export type { KernelSources } from './kernel-sources.ts';
export { builtinProfiles, DEFAULT_PROFILE, type KernelProfile, loadProfile } from './profile.ts';
export { isProfileError, type ProfileError } from './profile-error.ts';
export { writeRawFiles } from './raw-files.ts';
export type { Progress } from './read-source.ts';
export { type EventField, type EventName, type StaticEvent, StaticEvents } from './static-events.ts';
export { chooseProfile, chosenProfile, isProfileName, userProfileDir, userProfiles } from './store.ts';
export { type NamedAddress, type SymbolAt, type SymbolLine, SymbolTable } from './symbol-table.ts';
export { WorkloadFiles } from './workload-files.ts';
