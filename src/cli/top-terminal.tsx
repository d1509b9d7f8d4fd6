import { render } from 'ink';
import { TopController } from '../ui/top-controller.ts';
import type { TopSession } from '../ui/top-session.ts';
import { TopView } from '../ui/top-view.tsx';
import './colour.ts';

const ENTER = '\x1b[?1049h\x1b[H';
/** The screen that was there before, with its cursor. */
const LEAVE = '\x1b[?1049l\x1b[?25h';
/** Signals that end a program, by their numbers. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** A terminal: what is read from and what is drawn on. */
type Terminal = Pick<NodeJS.Process, 'stdin' | 'stdout'>;

/** Runs the screen on the terminal, and gives the terminal back as it was, whatever happens. */
export async function terminalTop(
  session: TopSession,
  options: { loop: boolean; speed: number },
  { stdin, stdout }: Terminal = process,
): Promise<void> {
  let left = false;
  const leave = (): void => {
    if (left) return;
    left = true;
    stdin.setRawMode(false);
    stdout.write(LEAVE);
  };
  stdout.write(ENTER);
  // Also before Node prints an error that nobody caught.
  for (const end of ['exit', 'uncaughtExceptionMonitor']) process.once(end, leave);
  const app = render(<TopView controller={new TopController(session, options)} />, {
    stdin,
    stdout,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  const handlers = Object.entries(SIGNALS).map(([name, number]) => {
    const end = (): void => {
      app.unmount();
      process.exitCode = 128 + number;
    };
    process.once(name, end);
    return () => process.off(name, end);
  });
  try {
    await app.waitUntilExit();
  } finally {
    app.unmount();
    leave();
    for (const end of ['exit', 'uncaughtExceptionMonitor']) process.off(end, leave);
    for (const forget of handlers) forget();
  }
}
