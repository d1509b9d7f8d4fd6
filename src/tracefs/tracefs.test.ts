import fc from 'fast-check';
import { expect, test } from 'vitest';
import { directory, type FileOps, Mode, readOnly, readWrite, type TraceDir } from './node.ts';
import { Tracefs } from './tracefs.ts';

fc.configureGlobal({ seed: 616 });

function makeTree() {
  let content = 'one';
  const opened: string[] = [];
  const dirs = new Set(['a']);
  const instances: TraceDir = {
    kind: 'dir',
    mode: Mode.DIR,
    names: () => dirs,
    get: (name) => (dirs.has(name) ? directory({ f: () => readOnly(() => name) }) : undefined),
    mkdir: (name) => (dirs.add(name) ? 0 : -1),
    rmdir: (name) => (dirs.delete(name) ? 0 : -2),
  };
  const stream = (): FileOps => {
    const pieces = ['a', 'b'];
    return { readSome: () => pieces.shift() ?? -11, close: () => opened.push('closed') };
  };
  const root = directory({
    'read-only': () => readOnly(() => 'text'),
    file: () =>
      readWrite({
        read: () => content,
        write: (data) => {
          content += data;
          return data.length;
        },
        truncate: () => {
          content = '';
          return 0;
        },
      }),
    stubborn: () => readWrite({ read: () => -19, write: () => -16, truncate: () => -16 }),
    mute: () => ({ kind: 'file', mode: 0o220, write: (data) => data.length }),
    pipe: () => ({ kind: 'file', mode: Mode.READ, open: stream }),
    busy: () => ({ kind: 'file', mode: Mode.READ, open: () => -16 }),
    instances: () => instances,
  });
  return { tracefs: new Tracefs(root), opened, change: (text: string) => (content = text) };
}

test('reading', () => {
  const { tracefs, opened } = makeTree();
  const read = (path: string) => tracefs.read(path);
  expect(read('read-only')).toBe('text');
  expect(read('/instances/../read-only')).toBe('text');
  expect(read('instances/./a//f')).toBe('a');
  expect(read('stubborn')).toBe(-19);
  expect(read('mute')).toBe(-22);
  expect(read('busy')).toBe(-16);
  expect([read('nope'), read(''), read('nope/x'), read('read-only/x'), read('instances'), read('read-only/')]).toEqual([
    -2, -2, -2, -20, -21, -20,
  ]);
  expect([read('x'.repeat(255)), read('x'.repeat(256)), read(`${'x/'.repeat(2048)}`)]).toEqual([-2, -36, -36]);
  expect(read('pipe')).toBe('ab');
  expect(opened).toEqual(['closed']);
});

test('writing truncates, appending does not, and a file that is not there cannot be created', () => {
  const { tracefs } = makeTree();
  expect(tracefs.append('file', ' two')).toBe(4);
  expect(tracefs.read('file')).toBe('one two');
  expect(tracefs.write('file', 'new')).toBe(3);
  expect(tracefs.read('file')).toBe('new');
  expect(tracefs.write('read-only', 'x')).toBe(-22);
  expect(tracefs.write('stubborn', 'x')).toBe(-16);
  expect(tracefs.write('nope', 'x')).toBe(-13);
  expect(tracefs.write('nope/', 'x')).toBe(-21);
  expect(tracefs.write('nope/x', 'x')).toBe(-2);
  expect(tracefs.write('instances', 'x')).toBe(-21);
  expect(tracefs.write('file/x', 'x')).toBe(-20);
});

test('what is read is fixed from offset 0 on, per open file', () => {
  const { tracefs, change } = makeTree();
  const file = tracefs.open('file', { read: true });
  if (typeof file === 'number') throw new Error(String(file));
  expect(file.read(2)).toBe('on');
  change('other');
  expect(file.read(2)).toBe('e');
  expect(file.read(2)).toBe('');
  file.rewind();
  expect(file.read()).toBe('other');
  expect(file.write('x')).toBe(-9);
  file.close();
  expect(file.read()).toBe(-9);
});

test('directories', () => {
  const { tracefs } = makeTree();
  expect(tracefs.list('instances')).toEqual(['a']);
  expect(tracefs.list('file')).toBe(-20);
  expect(tracefs.list('nope')).toBe(-2);
  expect(tracefs.mkdir('instances/b')).toBe(0);
  expect(tracefs.list('instances')).toEqual(['a', 'b']);
  expect([
    tracefs.mkdir('instances/b'),
    tracefs.mkdir('x'),
    tracefs.mkdir('file'),
    tracefs.mkdir('nope/x'),
    tracefs.mkdir('.'),
  ]).toEqual([-17, -1, -17, -2, -17]);
  expect([
    tracefs.rmdir('instances/b'),
    tracefs.rmdir('instances/b'),
    tracefs.rmdir('instances'),
    tracefs.rmdir('file'),
  ]).toEqual([0, -2, -1, -20]);
  expect([tracefs.rmdir('.'), tracefs.rmdir('instances/..'), tracefs.rmdir('/')]).toEqual([-22, -39, -16]);
  expect(tracefs.stat('instances')).toEqual({ kind: 'dir', mode: 0o750, links: 3 });
  expect(tracefs.stat('mute')).toEqual({ kind: 'file', mode: 0o220, links: 1 });
});

test('no path makes it throw', () => {
  const { tracefs } = makeTree();
  const piece = fc.constantFrom(
    'instances',
    'a',
    'f',
    'file',
    'pipe',
    '..',
    '.',
    '',
    '/',
    'x',
    'x'.repeat(300),
    '\0',
    '\xff',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.string(), (pieces, data) => {
      const path = pieces.join('/');
      for (const result of [tracefs.read(path), tracefs.write(path, data), tracefs.append(path, data)]) {
        expect(['string', 'number']).toContain(typeof result);
      }
      tracefs.stat(path);
      tracefs.list(path);
      tracefs.rmdir(path);
      tracefs.mkdir(path);
    }),
  );
});
