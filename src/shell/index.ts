export { isIncomplete } from './incomplete.ts';
export { firstShell, runScript, SHELL_PROCESS } from './run-script.ts';
export { RESULTS, type Result, runTest, type TestCase, type TestFiles, testCases } from './selftest.ts';
export type { Shell } from './shell.ts';
export { Interrupted, ShellExit } from './shell-errors.ts';
export { ShellSystem, type Terminal } from './shell-system.ts';
export type { Stream } from './stream.ts';
