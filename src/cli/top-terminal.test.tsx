import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/index.ts';
import { TopSession } from '../ui/top-session.ts';
import { unpackWorkload, type Workload } from '../workload/index.ts';
import { terminalTop } from './top-terminal.tsx';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const cat = unpackWorkload(profile.workloads.read('cat')!) as Workload;

/** Both ends of a terminal, as the program sees them. */
class FakeTerminal extends EventEmitter {
  readonly isTTY = true;
  readonly columns = 80;
  readonly rows = 24;
  output = '';
  raw = false;
  #typed: string[] = [];

  write(text: string): boolean {
    this.output += text;
    return true;
  }

  read(): string | null {
    return this.#typed.shift() ?? null;
  }

  type(text: string): void {
    this.#typed.push(text);
    this.emit('readable');
  }

  setRawMode(on: boolean): void {
    this.raw = on;
  }

  setEncoding(): void {}
  ref(): void {}
  unref(): void {}
}

function start(spoil: (session: TopSession) => void = () => {}) {
  const kernel = SimulatedKernel.boot(profile as Exclude<typeof profile, { error: string }>);
  kernel.tracefs.append('dynamic_events', 'f:open do_sys_openat2 filename:ustring\n');
  const session = new TopSession(kernel, cat);
  spoil(session);
  const terminal = new FakeTerminal();
  const streams = { stdin: terminal, stdout: terminal } as unknown as Pick<NodeJS.Process, 'stdin' | 'stdout'>;
  return { terminal, ended: terminalTop(session, { loop: true, speed: 0.1 }, streams) };
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
}

const TAKEN = '\x1b[?1049h';
const GIVEN_BACK = '\x1b[?1049l\x1b[?25h';

test('it takes another screen and raw keys, and gives both back when q is pressed', async () => {
  const { terminal, ended } = start();
  await until(() => terminal.raw);
  expect(terminal.output.startsWith(TAKEN)).toBe(true);
  terminal.type('q');
  await ended;
  expect(terminal.raw).toBe(false);
  expect(terminal.output.endsWith(GIVEN_BACK)).toBe(true);
});

test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('%s ends it, with its exit status', async (signal) => {
  const listeners = process.listenerCount(signal);
  const { terminal, ended } = start();
  await until(() => terminal.raw);
  const before = process.exitCode;
  process.emit(signal, signal);
  await ended;
  expect(process.exitCode).toBe({ SIGTERM: 143, SIGHUP: 129, SIGINT: 130 }[signal]);
  process.exitCode = before;
  expect(terminal.raw).toBe(false);
  expect(terminal.output.endsWith(GIVEN_BACK)).toBe(true);
  expect(process.listenerCount(signal)).toBe(listeners);
});

test.each<[string, (session: TopSession) => void]>([
  [
    'while time passes',
    (session) =>
      Object.assign(session, {
        advance: () => {
          throw new Error('broken inside');
        },
      }),
  ],
  [
    'while a key is handled',
    (session) =>
      Object.assign(session, {
        restart: () => {
          throw new Error('broken inside');
        },
      }),
  ],
])('an error %s comes out after the terminal is as it was', async (_, spoil) => {
  const { terminal, ended } = start(spoil);
  await Promise.all([
    expect(ended).rejects.toThrow('broken inside'),
    until(() => terminal.raw || terminal.output.endsWith(GIVEN_BACK)).then(() => terminal.type('r')),
  ]);
  expect(terminal.raw).toBe(false);
  expect(terminal.output.endsWith(GIVEN_BACK)).toBe(true);
});
