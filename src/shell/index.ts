export { isIncomplete } from './incomplete.ts';
export { runIn, runScript, SHELL_PROCESS } from './run-script.ts';
export { RESULTS, type Result, runTest, type TestCase, type TestFiles, testCases } from './selftest.ts';
export { type Executed, ShellSession } from './shell-session.ts';
export { ShellSystem, type Terminal } from './shell-system.ts';
export { SIGKILL } from './signals.ts';
export type { Stream } from './stream.ts';
