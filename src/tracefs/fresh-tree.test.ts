import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from './simulated-kernel.ts';
import { maskOutput } from './transcript-compare.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const boot = () => SimulatedKernel.boot(profile).tracefs;
const text = (name: string) => profile.text(name) ?? '';

/** `-rw-r-----` of a node. */
function modeText(kind: 'file' | 'dir', mode: number): string {
  const bits = [...'rwxrwxrwx'].map((letter, i) => (mode & (0o400 >> i) ? letter : '-'));
  return (kind === 'dir' ? 'd' : '-') + bits.join('');
}

function listingOf(tracefs: ReturnType<typeof boot>, path: string): string[] {
  const names = tracefs.list(path);
  if (typeof names === 'number') throw new Error(`${path}: ${names}`);
  return names.map((name) => {
    const stat = tracefs.stat(`${path}/${name}`);
    if (typeof stat === 'number') throw new Error(`${path}/${name}: ${stat}`);
    return `${modeText(stat.kind, stat.mode)} ${stat.links} ${name}`;
  });
}

/** Lines of a recorded `ls -l` that name something: mode, links, name. */
function recordedListing(lines: string): string[] {
  const rows = lines.split('\n').map((line) => /^([-d][rwx-]{9}) (\d+) (?:.* )?(\S+)$/.exec(line));
  return rows.flatMap((row) => (row && row[3] !== '.' && row[3] !== '..' ? [`${row[1]} ${row[2]} ${row[3]}`] : []));
}

test.each([
  ['.', 54],
  ['./events', 109],
])('%s lists as recorded', (dir, count) => {
  const recorded = text('listing.txt').split(/\n\n/);
  const part = recorded.find((section) => section.startsWith(`${dir}:\n`))!;
  const expected = recordedListing(part);
  expect(expected).toHaveLength(count);
  expect(listingOf(boot(), dir)).toEqual(expected.sort((a, b) => (a.split(' ')[2]! < b.split(' ')[2]! ? -1 : 1)));
});

/** Fresh contents, each after a line `== PATH`. */
function recordedFiles(): [string, string][] {
  return text('initial-files.txt')
    .split(/^== /m)
    .slice(1)
    .map((section) => {
      const end = section.indexOf('\n');
      return [section.slice(0, end), section.slice(end + 1)];
    });
}

test.each(recordedFiles())('%s reads as recorded', (path, content) => {
  expect(maskOutput(path, String(boot().read(path)))).toBe(maskOutput(path, content));
});

test('options read as recorded', () => {
  const tracefs = boot();
  const names = tracefs.list('options') as string[];
  const shown = names.map((name) => `options/${name} ${tracefs.read(`options/${name}`)}`);
  expect(shown.join('')).toBe(text('options.txt'));
});

test('a fresh instance lists as recorded', () => {
  const tracefs = boot();
  expect(tracefs.mkdir('instances/i')).toBe(0);
  expect(listingOf(tracefs, 'instances/i')).toEqual(recordedListing(text('instance.txt')));
  const top = /^(d\S+) (\d+) .* \.$/m.exec(text('instance.txt'))!;
  expect(tracefs.stat('instances/i')).toEqual({ kind: 'dir', mode: 0o750, links: Number(top[2]) });
});

test('the directory of a fresh fprobe event is as recorded', () => {
  const tracefs = boot();
  expect(tracefs.append('dynamic_events', 'f:a vfs_read\n')).toBe(13);
  const [listing = '', ...files] = text('fprobe-event.txt').split(/^== /m);
  const [system = '', event = ''] = listing.split('\n\n');
  expect(listingOf(tracefs, 'events/fprobes')).toEqual(recordedListing(system));
  expect(listingOf(tracefs, 'events/fprobes/a')).toEqual(recordedListing(event));
  for (const file of files) {
    const end = file.indexOf('\n');
    expect(tracefs.read(file.slice(0, end))).toBe(file.slice(end + 1));
  }
});

test('every static event has its directory, with the format that was recorded', () => {
  const tracefs = boot();
  const names = String(tracefs.read('available_events')).trimEnd().split('\n');
  expect(names.length).toBe(profile.events.list.length);
  for (const full of names) {
    const [system = '', name = ''] = full.split(':');
    const dir = `events/${system}/${name}`;
    expect(tracefs.list(dir)).toEqual(['enable', 'filter', 'format', 'hist', 'id', 'trigger']);
    expect(tracefs.read(`${dir}/format`)).toBe(profile.events.get(system, name)!.formatText);
  }
});

test('an instance stays while one of its files is open, and goes with its events enabled', () => {
  const tracefs = boot();
  tracefs.append('dynamic_events', 'f:a vfs_read\n');
  tracefs.mkdir('instances/i');
  for (const path of ['trace', 'trace_pipe', 'events/fprobes/a/enable', 'per_cpu/cpu0/trace_pipe_raw']) {
    const file = tracefs.open(`instances/i/${path}`, { read: true });
    if (typeof file === 'number') throw new Error(String(file));
    expect(tracefs.rmdir('instances/i')).toBe(-16);
    file.close();
    file.close();
  }
  expect(tracefs.write('instances/i/events/fprobes/a/enable', '1\n')).toBe(2);
  expect(tracefs.append('dynamic_events', '-:a\n')).toBe(-16);
  expect(tracefs.rmdir('instances/i')).toBe(0);
  expect(tracefs.append('dynamic_events', '-:a\n')).toBe(4);
});

test('a file of an event that has gone says so', () => {
  const tracefs = boot();
  tracefs.append('dynamic_events', 'f:a vfs_read\n');
  const open = (name: string) => {
    const file = tracefs.open(`events/fprobes/a/${name}`, { read: true, write: true });
    if (typeof file === 'number') throw new Error(String(file));
    return file;
  };
  const [enable, filter, format, id] = ['enable', 'filter', 'format', 'id'].map(open);
  expect(tracefs.append('dynamic_events', '-:a\n')).toBe(4);
  expect([enable!.write('1\n'), filter!.write('0\n'), format!.read(), id!.read()]).toEqual([-19, -19, -19, '1585\n']);
});
