import { EventEmitter } from 'node:events';
import { render as inkRender, type Key } from 'ink';
import { cleanup, render } from 'ink-testing-library';
import { afterEach, describe, expect, test } from 'vitest';
import type { TopController } from './top-controller.ts';
import type { TopKey } from './top-keys.ts';
import { type Line, span } from './top-lines.ts';
import { keysOf, TopView } from './top-view.tsx';

/** Stands for a controller: notes what it is told, and draws that. */
class FakeController {
  readonly keys: TopKey[] = [];
  ticks = 0;
  quit = false;
  onTick = (): boolean => true;

  tick(ms: number): boolean {
    this.ticks += ms >= 0 ? 1 : 0;
    return this.onTick();
  }

  key(key: TopKey, _rows: number): void {
    this.keys.push(key);
    if ('text' in key && key.text === 'q') this.quit = true;
  }

  screen(columns: number, rows: number): Line[] {
    const lines: Line[] = [
      [span(`${columns}×${rows} ${JSON.stringify(this.keys.slice(-1))}`, 'title')],
      [span('long '.repeat(60)), span('end', 'bad')],
    ];
    return [...lines, ...Array.from({ length: rows - lines.length }, (_, i): Line => [span(`row ${i + 2}`)])];
  }
}

const controllerOf = (fake: FakeController) => fake as unknown as TopController;
const soon = () => new Promise((resolve) => setTimeout(resolve, 30));
/** Waits until something holds. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 300 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
}

afterEach(() => cleanup());

test('lines are drawn one below the other, long ones cut', () => {
  const { lastFrame } = render(<TopView controller={controllerOf(new FakeController())} />);
  const lines = lastFrame()!.split('\n');
  expect(lines).toHaveLength(23);
  expect(lines[0]).toContain('100×23 []');
  expect(lines[1]).toMatch(/^(long )+lo?n?g?…$/);
  expect(lines[1]).toHaveLength(100);
  expect(lines.at(-1)).toBe('row 22');
});

test('keys reach the controller, and what they change is drawn', async () => {
  const fake = new FakeController();
  const { stdin, lastFrame } = render(<TopView controller={controllerOf(fake)} />);
  await soon();
  for (const key of ['a', '\r', '\x1b[A', '\t', '\x7f', '\x03', 'pasted text']) {
    stdin.write(key);
    await soon();
  }
  expect(fake.keys).toEqual([
    { text: 'a' },
    { name: 'enter' },
    { name: 'up' },
    { name: 'tab' },
    { name: 'backspace' },
    { name: 'interrupt' },
    { text: 'pasted text' },
  ]);
  await until(() => lastFrame()!.includes('pasted text'));
});

test('time passes while it is on', async () => {
  const fake = new FakeController();
  const { unmount } = render(<TopView controller={controllerOf(fake)} />);
  await until(() => fake.ticks >= 2);
  unmount();
  const after = fake.ticks;
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(fake.ticks).toBe(after);
});

test.each<[string, Partial<Key>, ...TopKey[]]>([
  ['x', {}, { text: 'x' }],
  ['ä', {}, { text: 'ä' }],
  ['', { pageUp: true }, { name: 'pageup' }],
  ['', { home: true }, { name: 'home' }],
  ['', { escape: true, meta: true }, { name: 'escape' }],
  ['a', { ctrl: true }, { name: 'home' }],
  ['u', { ctrl: true }, { name: 'kill' }],
  ['c', { ctrl: true }, { name: 'interrupt' }],
  ['z', { ctrl: true }],
  ['ab\rc\t', {}, { text: 'ab' }, { name: 'enter' }, { text: 'c' }, { name: 'tab' }],
  ['q\x03\x01', {}, { text: 'q' }, { name: 'interrupt' }],
  ['x', { meta: true }],
  ['', {}],
])('%j with %j is %j', (input, key, ...expected) => {
  expect(keysOf(input, key as Key)).toEqual(expected);
});

/** A terminal of some size that can change. */
class FakeTerminal extends EventEmitter {
  isTTY = true;
  output = '';
  columns: number;
  rows: number;

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): boolean {
    this.output += text;
    return true;
  }

  resize(columns: number, rows: number): void {
    Object.assign(this, { columns, rows });
    this.emit('resize');
  }
}

const fakeStdin = () =>
  Object.assign(new EventEmitter(), {
    isTTY: true,
    setEncoding() {},
    setRawMode() {},
    ref() {},
    unref() {},
    read: () => null,
  });

describe('on a terminal', () => {
  const start = (fake: FakeController, terminal: FakeTerminal) =>
    inkRender(<TopView controller={controllerOf(fake)} />, {
      stdout: terminal as unknown as NodeJS.WriteStream,
      stdin: fakeStdin() as unknown as NodeJS.ReadStream,
      patchConsole: false,
      exitOnCtrlC: false,
      debug: true,
    });

  test.each([
    [80, 24],
    [120, 40],
    [60, 15],
  ])('of %i×%i it leaves the last row free', (columns, rows) => {
    const terminal = new FakeTerminal(columns, rows);
    const app = start(new FakeController(), terminal);
    expect(terminal.output).toContain(`${columns}×${rows - 1} []`);
    expect(terminal.output.split('\n')).toHaveLength(rows - 1);
    app.unmount();
  });

  test('that is resized it is drawn anew', async () => {
    const terminal = new FakeTerminal(80, 24);
    const app = start(new FakeController(), terminal);
    terminal.resize(100, 30);
    await until(() => terminal.output.includes('100×29'));
    app.unmount();
  });

  test('an error while time passes ends it with that error', async () => {
    const fake = new FakeController();
    fake.onTick = () => {
      throw new Error('broken inside');
    };
    await expect(start(fake, new FakeTerminal(80, 24)).waitUntilExit()).rejects.toThrow('broken inside');
  });
});
