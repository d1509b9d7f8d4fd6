import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/index.ts';
import { unpackWorkload, type Workload } from '../workload/index.ts';
import { TopController } from './top-controller.ts';
import type { TopKey } from './top-keys.ts';
import { type Line, lineText } from './top-lines.ts';
import { TopSession } from './top-session.ts';

const loaded = loadProfile();
if (isProfileError(loaded)) throw new Error(loaded.error);
const profile = loaded;
const cat = unpackWorkload(profile.workloads.read('cat')!) as Workload;

function open(definitions: readonly string[], options: { cpus?: number; loop?: boolean } = {}): TopController {
  const kernel = SimulatedKernel.boot(profile, { cpus: options.cpus ?? 1 });
  for (const definition of definitions)
    expect(kernel.tracefs.append('dynamic_events', `${definition}\n`)).toBeGreaterThan(0);
  return new TopController(new TopSession(kernel, cat), { speed: 1, loop: options.loop ?? false });
}

const TWO = [
  'f:read vfs_read%return file=file->f_path.dentry->d_name.name:string count ret=$retval',
  'f:open do_sys_openat2 filename:ustring',
];
let controller: TopController;
beforeEach(() => {
  controller = open(TWO);
});

const NAMES = new Set('up down left right pageup pagedown home end enter escape tab backspace interrupt'.split(' '));
const press = (...keys: string[]): void => {
  for (const key of keys) controller.key((NAMES.has(key) ? { name: key } : { text: key }) as TopKey, 24);
};
const screen = (columns = 80, rows = 24): string[] =>
  controller.screen(columns, rows).map((line) => lineText(line).trimEnd());
const finish = (): void => {
  for (let i = 0; i < 20; i++) controller.tick(10);
};

test('the screen of a run that has ended', () => {
  finish();
  expect(screen(80, 20)).toEqual([
    ' fprobe top  cat  0.172/0.172 s  ×1  ended       Linux 6.16.3+deb13-cloud-amd64',
    '  PROBE          HITS  RATE/s MISSED TREND        LAST',
    expect.stringMatching(/^▶●fprobes\/read {6}5 +\d+ +0 [ ▁-█]{12} file="data" count=131072 ret=0$/),
    expect.stringMatching(/^ ●fprobes\/open {5}12 +\d+ +0 [ ▁-█]{12} filename="\/work\/data"$/),
    ' cpu0  rec-146              █░░░░░░░░░░░  0.1%  17 records',
    `── records 17 ${'─'.repeat(66)}`,
    expect.stringMatching(
      /^5\.\d{6} cat-148 {6}open filename="\/lib\/x86_64-linux-gnu\/tls\/haswell\/libc\.so\.6" \(do_sys/,
    ),
    ...Array.from({ length: 10 }, () => expect.stringMatching(/^5\.\d{6} cat-148 {6}(open|read) /)),
    expect.stringMatching(
      /^5\.\d{6} cat-148 {6}read file="data" count=131072 ret=4053 \(ksys_read\+0x6b\/0xe0 <- vfs_read\)$/,
    ),
    expect.stringMatching(
      /^5\.\d{6} cat-148 {6}read file="data" count=131072 ret=0 \(ksys_read\+0x6b\/0xe0 <- vfs_read\)$/,
    ),
    ' a add  e enable  d delete  f filter  / find  tab stack  ? help  q quit',
  ]);
});

test('a wide screen has the lines of trace, and a high one the shadow stack beside them', () => {
  finish();
  const wide = screen(120, 40);
  expect(wide).toContainEqual(
    expect.stringMatching(
      /^ +cat-148 +\[000\] \.{5} +5\.\d{6}: open: \(do_sys_openat2\+0x0\/0xe0\) filename="\/work\/data"$/,
    ),
  );
  expect(wide).toContainEqual(
    expect.stringMatching(/^── shadow stack of cat-148, empty now; when it was deepest: \d+ words/),
  );
  expect(wide[0]).toMatch(/Linux 6\.16\.3/);
});

test('the shadow stack takes the place of the records, word by word', () => {
  press('tab');
  finish();
  const shown = screen();
  expect(shown.join('\n')).not.toContain('── records');
  expect(shown).toContainEqual(
    expect.stringMatching(/^ +\d+ [0-9a-f]{16} {3}header {2}size 2, pointer to fprobes\/read$/),
  );
  expect(shown).toContainEqual(expect.stringMatching(/ ret {5}ksys_read\+0x6b\/0xe0$/));
  press('right', 'right');
  expect(screen()).toContainEqual(expect.stringMatching(/^── shadow stack of /));
});

test('time passes by the speed, stands still when paused, and begins anew in a loop', () => {
  controller.tick(50);
  expect(screen()[0]).toContain(' 0.050/0.172 s  ×1  running');
  press(' ');
  expect(controller.tick(50)).toBe(false);
  expect(screen()[0]).toContain(' 0.050/0.172 s  ×1  paused');
  press(' ', '-', '-');
  controller.tick(50);
  expect(screen()[0]).toContain(' 0.060/0.172 s  ×0.2  running');
  press('l', '+', '+');
  finish();
  expect(screen()[0]).toMatch(/ running {2}run 2, looping/);
});

test('a probe is added with the help of completion', () => {
  press('a', 'x vfs_read ', 'fi');
  expect(screen().slice(-3)).toEqual([
    '                   file struct file *',
    ' add> f:x vfs_read fi',
    '      enter takes it, esc leaves; tab completes, ↑ ↓ choose',
  ]);
  press('tab', '->f_mo', 'tab', 'enter');
  expect(controller.state).toMatchObject({ prompt: undefined, chosen: 'fprobes/x' });
  finish();
  expect(screen()[4]).toMatch(/^▶●fprobes\/x +5 .* arg1=\d+$/);
});

test('a refusal has a caret under its place, and what would be right', () => {
  press('a', 'x vfs_read cont', 'enter');
  expect(screen().slice(-3)).toEqual([
    ' add> f:x vfs_read cont',
    '                   ^ This variable is not found at this probe point',
    expect.stringMatching(/^ {6}did you mean count\?/),
  ]);
  press('home', 'backspace', 'end', 'backspace', 'backspace', 'unt', 'enter');
  expect(controller.state.chosen).toBe('fprobes/x');
});

test('of a long line the part around the cursor is shown, with the caret under it', () => {
  press('a', `x vfs_read ${Array.from({ length: 20 }, (_, i) => `a${i}=count `).join('')}cont`, 'enter');
  const [line, refusal] = screen().slice(-3);
  expect(line).toHaveLength(78);
  expect(refusal!.indexOf('^')).toBe(line!.lastIndexOf('cont'));
});

test('fields are completed in a filter, which the kernel takes or refuses', () => {
  press('f', 'cou');
  expect(screen().at(-3)).toMatch(/^ +count u64$/);
  press('tab', ' > 1000', 'enter');
  expect(screen()[2]).toMatch(/if count > 1000$/);
  press('f', ' && bad == 1', 'enter');
  expect(screen().slice(-2)).toEqual([
    ' filter> count > 1000 && bad == 1',
    expect.stringMatching(/^ +\^ Field not found$/),
  ]);
  press('escape');
  finish();
  expect(screen()[2]).toMatch(/^▶●fprobes\/read +2 /);
});

test('probes are disabled and removed', () => {
  press('e', 'down', 'd');
  expect(screen().slice(1, 3)).toEqual([
    expect.stringContaining('PROBE'),
    expect.stringMatching(/^▶○fprobes\/read +0 /),
  ]);
  expect(screen().at(-1)).toBe(' removed f:fprobes/open do_sys_openat2 filename=filename:ustring');
  press('d');
  expect(screen()[2]).toBe('  no probes: press a to add one');
});

test('records are found, and scrolled through', () => {
  finish();
  press('/', 'ret=4053', 'enter');
  expect(screen().filter((line) => / (open|read) /.test(line))).toHaveLength(1);
  press('escape', 'pageup');
  expect(screen().join('\n')).toMatch(/── records 17, \d+ back ─/);
  press('home');
  expect(screen().find((line) => / (open|read) /.test(line))).toContain('/etc/ld.so.cache');
});

test('stepping goes from record to record', () => {
  press('.');
  expect(screen()[0]).toContain('paused');
  expect(screen().join('\n')).toContain('── records 1 ─');
  press('.', '.');
  expect(screen().join('\n')).toContain('── records 3 ─');
});

test('q and Ctrl-C end it', () => {
  press('q');
  expect(controller.quit).toBe(true);
  controller = open(TWO);
  press('a', 'interrupt');
  expect(controller.quit).toBe(true);
});

describe('on screens of all sizes', () => {
  const sizes = fc.record({ columns: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 1, max: 70 }) });
  const keys = fc.array(
    fc.constantFrom('a', 'x vfs_', 'tab', '?', 'f', 'enter', 'escape', 'left', 'down', 'pageup', '/', '.'),
    { maxLength: 6 },
  );

  test.each([1, 6])('it has exactly the rows that there are, with %i cpus', (cpus) => {
    controller = open([...TWO, ...Array.from({ length: 9 }, (_, i) => `f:more${i} vfs_write`)], { cpus, loop: true });
    controller.tick(100);
    fc.assert(
      fc.property(sizes, keys, ({ columns, rows }, pressed) => {
        press(...pressed);
        const lines: Line[] = controller.screen(columns, rows);
        expect(lines).toHaveLength(rows);
        expect(lines.every((line) => lineText(line) !== '' && !lineText(line).includes('\n'))).toBe(true);
        if (columns >= 40 && rows >= 10) expect(lineText(lines[0]!)).toMatch(/^ fprobe top {2}cat /);
        press('escape', 'escape');
      }),
      { numRuns: 60 },
    );
  });
});
