import { expect, test } from 'vitest';
import { DefinitionCheck } from '../dynevent/index.ts';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { DefinitionCompleter } from './complete-definition.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const completer = new DefinitionCompleter(profile);

const texts = (text: string, events?: readonly string[]) => {
  const { from, candidates } = completer.complete(text, events);
  return candidates.map((candidate) => text.slice(0, from) + candidate.text);
};

test.each([
  ['', ['f:', 't:']],
  ['f', ['f:']],
  ['p:x vfs_read ', []],
  ['f:x ', []],
  ['f:x vfs_readl', ['f:x vfs_readlink']],
  ['f:x vfs_read', ['f:x vfs_read', 'f:x vfs_readlink', 'f:x vfs_readv', 'f:x vfs_read%return']],
  ['f vfs_read%', ['f vfs_read%return']],
  ['f vfs_read%x', []],
  ['f vfs_[', []],
  ['t:x sched_swi', ['t:x sched_switch']],
  ['f:x vfs_read ', ['file', 'buf', 'count', 'pos'].map((name) => `f:x vfs_read ${name}`)],
  ['  f:x   vfs_read  fi', ['  f:x   vfs_read  file']],
  ['f:x vfs_read file', ['f:x vfs_read file', 'f:x vfs_read file->']],
  ['f:x vfs_read size=co', ['f:x vfs_read size=count']],
  ['f:x vfs_read file->f_pat', ['f:x vfs_read file->f_path.']],
  [
    'f:x vfs_read file->f_path.dentry->d_name.',
    ['hash_len', 'hash', 'len', 'name'].map((n) => `f:x vfs_read file->f_path.dentry->d_name.${n}`).sort(),
  ],
  ['f:x vfs_read file.f', []],
  ['f:x vfs_read file->nosuch->', []],
  ['f:x vfs_read count->', []],
  ['f:x vfs_read +8(file->f_in', ['f:x vfs_read +8(file->f_inode']],
  ['f:x vfs_read +u0(bu', ['f:x vfs_read +u0(buf']],
  ['f:x vfs_read a=+8(+0(po', ['f:x vfs_read a=+8(+0(pos']],
  [
    'f:x vfs_read count:s',
    ['s8', 's16', 's32', 's64', 'string', 'symbol', 'symstr'].map((type) => `f:x vfs_read count:${type}`),
  ],
  ['f:x vfs_read $ret', ['f:x vfs_read $retval']],
  ['f:x vfs_read $arg', ['1', '2', '3', '4', '*'].map((n) => `f:x vfs_read $arg${n}`)],
  ['f:x do_filp_open%return $retval', ['f:x do_filp_open%return $retval', 'f:x do_filp_open%return $retval->']],
  ['f:x do_filp_open%return $retval->f_mo', ['f:x do_filp_open%return $retval->f_mode']],
  ['f:x kfree %d', []],
  ['t:x sched_switch pr', ['preempt', 'prev', 'prev_state'].map((name) => `t:x sched_switch ${name}`)],
  ['t:x sched_switch $r', []],
  ['f:x nosuch_function fi', []],
])('%s', (text, expected) => {
  expect(texts(text).sort()).toEqual([...expected].sort());
});

test('events that are there can be removed, by group and name or by name alone', () => {
  const events = ['fprobes/open', 'mine/open', 'mine/read'];
  expect(texts('-', events)).toEqual(['-:']);
  expect(texts('-:', events)).toEqual(['-:fprobes/open', '-:mine/open', '-:mine/read', '-:open', '-:read']);
  expect(texts('-:mine/', events)).toEqual(['-:mine/open', '-:mine/read']);
});

test('many functions are taken together by the next word of their names', () => {
  const candidates = completer.complete('f:x v').candidates;
  expect(candidates.length).toBeLessThanOrEqual(200);
  expect(candidates.find(({ text }) => text === 'vfs_')?.note).toMatch(/^\d+ functions$/);
  expect(candidates.every(({ text }) => text.startsWith('v'))).toBe(true);
  const all = completer.complete('f:x _').candidates;
  expect(all.length).toBeGreaterThan(10);
  expect(all.length).toBeLessThanOrEqual(200);
});

test('notes tell the types', () => {
  const note = (text: string) => completer.complete(text).candidates[0]?.note;
  expect(note('f:x vfs_read fil')).toBe('struct file *');
  expect(note('f:x vfs_read buf')).toBe('char *');
  expect(note('f:x vfs_read file->f_path.dentry->d_shortn')).toMatch(/^(union|struct) /);
  expect(note('f:x do_sys_openat2 filena')).toBe('const char *');
  expect(note('t:x sched_switch prev_s')).toBe('unsigned int');
});

test('what it offers as an argument is what the kernel takes', () => {
  const check = new DefinitionCheck(profile);
  for (const start of [
    'f:x vfs_read ',
    'f:x vfs_read file->f',
    'f:x kernel_clone args->',
    'f:x do_filp_open%return $retval->f_i',
    't:x sched_switch ',
    'f:x vfs_open path->dentry->d_',
  ]) {
    for (const text of texts(start)) {
      if (/[.>]$/.test(text)) continue;
      expect([text, check.run(`${text}\n`).ret]).toEqual([text, text.length + 1]);
      check.clear();
    }
  }
});
