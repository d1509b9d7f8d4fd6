export { bootKernel } from './boot.ts';
export { KernelConnection, NotConnected } from './kernel-connection.ts';
export type { KernelFiles, RemoteFile } from './kernel-files.ts';
export { RelayedMount } from './relayed-mount.ts';
export { RemoteShell } from './remote-shell.ts';
export type { KernelStatus } from './requests.ts';
export { Session } from './session.ts';
export { SESSION_VARIABLE, SessionFiles } from './session-files.ts';
export { DEFAULT_NAME, kernelNames, SocketPathError } from './socket-path.ts';
