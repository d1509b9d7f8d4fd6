// The thread that owns a simulated kernel and serves its files: it boots, says so, and, told that there is a
// mount, answers requests until it is gone.
import { parentPort, workerData } from 'node:worker_threads';
import { FuseServer, type ServeOptions, sendToDevice, serveDevice } from '../fuse/index.ts';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { KernelHost } from './kernel-host.ts';

const options = workerData as ServeOptions;
const profile = loadProfile(options.profile);
if (isProfileError(profile)) throw new Error(profile.error);
const host = new KernelHost(profile, options);
const server = new FuseServer(host.tree(options.shows, options.time), (message) => sendToDevice(options.fd, message));
parentPort?.once('message', () => {
  serveDevice(options.fd, (message) => server.handle(message));
  server.close();
});
parentPort?.postMessage('booted');
