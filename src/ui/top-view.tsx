import { Box, type Key, Text, useApp, useCursor, useInput, useStdout } from 'ink';
import { type ReactElement, useCallback, useEffect, useReducer } from 'react';
import type { TopController } from './top-controller.ts';
import type { TopKey } from './top-keys.ts';
import { cursorOf, type Line, type Tone } from './top-lines.ts';

/** Milliseconds between two pictures. */
const FRAME_MS = 100;
/** Most milliseconds that a tick may count for: a machine that was asleep does not catch up. */
const MOST_MS = 500;

const TONES: Record<Tone, Parameters<typeof Text>[0]> = {
  plain: {},
  dim: { dimColor: true },
  bold: { bold: true },
  title: { inverse: true, bold: true },
  chosen: { inverse: true },
  cursor: {},
  good: { color: 'green' },
  warn: { color: 'yellow' },
  bad: { color: 'red', bold: true },
  accent: { color: 'cyan' },
};

function Row({ line }: { readonly line: Line }): ReactElement {
  return (
    <Text wrap="truncate-end">
      {line.map(({ text, tone }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a line have no other name
        <Text key={i} {...TONES[tone]}>
          {text}
        </Text>
      ))}
    </Text>
  );
}

const NAMED = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  // What most terminals send for Backspace, ink calls delete.
  ['delete', 'backspace'],
] as const satisfies readonly (readonly [keyof Key, string])[];

const CONTROL: Readonly<Record<string, Extract<TopKey, { name: string }>['name']>> = {
  c: 'interrupt',
  d: 'delete',
  a: 'home',
  e: 'end',
  b: 'left',
  f: 'right',
  p: 'up',
  n: 'down',
  h: 'backspace',
  u: 'kill',
};

const TYPED: Readonly<Record<string, TopKey>> = {
  '\r': { name: 'enter' },
  '\n': { name: 'enter' },
  '\t': { name: 'tab' },
  '\x7f': { name: 'backspace' },
  '\b': { name: 'backspace' },
  '\x03': { name: 'interrupt' },
};

/** What ink tells of a key, in our words; nothing for keys that mean nothing here. What is typed fast, or pasted, comes in one piece. */
export function keysOf(input: string, key: Key): TopKey[] {
  const named = NAMED.find(([name]) => key[name]);
  if (named !== undefined) return [{ name: named[1] }];
  if (key.ctrl) return CONTROL[input] === undefined ? [] : [{ name: CONTROL[input] }];
  if (key.meta) return [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are keys
  const pieces = input.match(/[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]+/g) ?? [];
  return pieces.flatMap((piece): TopKey[] => {
    const typed = TYPED[piece];
    if (typed !== undefined) return [typed];
    return piece >= ' ' ? [{ text: piece }] : [];
  });
}

/** The screen of `fprobe top`. Ends itself when the user quits. */
export function TopView({ controller }: { readonly controller: TopController }): ReactElement {
  const { exit } = useApp();
  const { stdout } = useStdout();
  const { setCursorPosition } = useCursor();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const columns = stdout.columns ?? 80;
  // A picture as high as the screen would make ink clear it each time.
  const rows = (stdout.rows ?? 24) - 1;

  /** Does something; when that is beyond help the screen ends, so that the terminal is as it was before the error is shown. */
  const guarded = useCallback(
    (work: () => boolean): void => {
      try {
        if (work()) redraw();
      } catch (error) {
        exit(error as Error);
      }
    },
    [exit],
  );

  useInput((input, key) =>
    guarded(() => {
      for (const pressed of keysOf(input, key)) controller.key(pressed, rows);
      if (controller.quit) exit();
      return !controller.quit;
    }),
  );
  useEffect(() => {
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      const passed = Math.min(now - last, MOST_MS);
      last = now;
      guarded(() => controller.tick(passed));
    }, FRAME_MS);
    stdout.on('resize', redraw);
    return () => {
      clearInterval(timer);
      stdout.off('resize', redraw);
    };
  }, [controller, stdout, guarded]);

  const lines = controller.screen(columns, rows);
  setCursorPosition(cursorOf(lines));
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      {lines.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
        <Row key={i} line={line} />
      ))}
    </Box>
  );
}
