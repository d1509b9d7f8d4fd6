import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errnoName } from '../abi/errno.ts';
import { type CommandError, createDynamicEvents, runCommands } from './index.ts';
import { TestKernel } from './test-kernel.ts';

fc.configureGlobal({ seed: 616 });
const kernel = new TestKernel();
const errors: CommandError[] = [];
const { machine, tracing, tracepoints, types } = kernel;
const checker = createDynamicEvents(
  { machine, tracing, tracepoints, types },
  { onError: (error) => errors.push(error) },
);

/** Checks commands on an empty list: the answer, what it logged, what it left. */
function check(data: string): { ret: number; errors: readonly CommandError[]; left: string } {
  errors.length = 0;
  const ret = runCommands(data, (command) => checker.run(command));
  const left = checker.show();
  checker.releaseAll();
  return { ret, errors: [...errors], left };
}

/** Furthest that the kernel counts past the end of a command: it adds the place of a type to that inside a dereference. */
const ASTRAY = 126;

const HEADS = ['f', 't', 'f:a', 'f:g/', 'f:g.e', 't:a', 'f:', 'f1', '-:a', '!', 'p', 's:a', 'f:-/x'];
const SYMBOLS = [
  'vfs_read',
  'vfs_read%return',
  'sched_switch',
  'kfree',
  'asm_exc_page_fault',
  '%',
  'no_such',
  '__x64_sys_read',
  'vfs_r?ad',
];
const PIECES = [
  ...['file', 'count', 'regs', 'prev', 'f_path', 'dentry', 'd_name', 'name', 'f_inode', 'i_ino', 'pos', 'a', '_'],
  ...[
    '$retval',
    '$arg1',
    '$arg*',
    '$stack',
    '$stack1',
    '$comm',
    '$',
    '@jiffies',
    '@',
    '\\',
    '\\"',
    '"',
    '%ax',
    '%pd',
    '%pD',
  ],
  ...[
    '+',
    '-',
    '+0(',
    '+8(',
    '-8(',
    '+u8(',
    ')',
    '(',
    '->',
    '.',
    '=',
    ':',
    '[',
    ']',
    ',',
    '/',
    '@0',
    '#',
    '\n',
    '\t',
    '\0',
    '\xa0',
    '\xe9',
  ],
  ...['u8', 'x64', 's32', 'string', 'ustring', 'symstr', 'symbol', 'char', 'b4@2/8', 'b', '[2]', '[65]'],
  ...['0', '8', '0x10', '18446744073709551616', '-1', '099'],
];

const argument = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 9 }).map((pieces) => pieces.join(''));
const definition = fc
  .tuple(fc.constantFrom(...HEADS), fc.constantFrom(...SYMBOLS), fc.array(argument, { maxLength: 4 }))
  .map(([head, symbol, args]) => [head, symbol, ...args].join(' '));
const bytes = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 80 })
  .map((codes) => String.fromCharCode(...codes));

test.each([
  ['definitions', definition],
  ['any bytes', bytes],
  ['bytes behind a head', bytes.map((text) => `f:a vfs_read ${text}`)],
])('%s never throw, and what they log lies in the command', (_, commands) => {
  fc.assert(
    fc.property(commands, (command) => {
      const { ret, errors, left } = check(command);
      expect(ret < 0 ? errnoName(ret) : ret).toEqual(ret < 0 ? expect.any(String) : command.length);
      for (const { command: echo, position, text } of errors) {
        expect(text).not.toBe('');
        expect(
          Number.isInteger(position) && position >= 0 && position <= echo.length + ASTRAY,
          `${echo} ${position}`,
        ).toBe(true);
      }
      if (!command.includes('\n')) expect(errors.length > 0 && left !== '').toBe(false);
    }),
    { numRuns: 3000 },
  );
});

test('what is shown can be defined again, and shows the same', () => {
  let shown = 0;
  fc.assert(
    fc.property(definition, (command) => {
      const { left } = check(command);
      if (!/^.:[\w-]+\/\w+ [^\n]*\n$/.test(left)) return;
      expect(check(left)).toEqual({ ret: left.length, errors: [], left });
      shown++;
    }),
    { numRuns: 3000 },
  );
  expect(shown).toBeGreaterThan(200);
});

test('a check answers and logs as the kernel does', () => {
  fc.assert(
    fc.property(definition, (command) => {
      const checked = check(command);
      kernel.clearErrorLog();
      expect(kernel.append(command)).toBe(checked.ret);
      expect(kernel.dynamicEvents.show()).toBe(checked.left);
      expect([...kernel.errorLog.matchAll(/error: (.*)/g)].map((match) => match[1])).toEqual(
        checked.errors.map(({ text }) => text).slice(-8),
      );
      expect(kernel.dynamicEvents.releaseAll()).toBe(0);
      expect(kernel.fprobes.registered).toBe(0);
    }),
    { numRuns: 1500 },
  );
});

test('the fields of an event lie one behind the other', () => {
  fc.assert(
    fc.property(definition, (command) => {
      if (kernel.append(command) >= 0) {
        for (const { fields, printFmt } of kernel.tracing.events.dynamicEvents) {
          let end = 8;
          for (const { offset, size } of fields) {
            expect(offset).toBe(end);
            end += size;
          }
          expect(new Set(fields.map(({ name }) => name)).size).toBe(fields.length);
          expect(printFmt.split('", ')).toHaveLength(2);
        }
      }
      expect(kernel.dynamicEvents.releaseAll()).toBe(0);
    }),
    { numRuns: 1000 },
  );
});
