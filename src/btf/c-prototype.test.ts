import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { readPrototype } from './index.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const { btf } = profile;

/** A type as C writes it. */
function show(id: number): string {
  const type = btf.type(id)!;
  if (type.kind === 'ptr') return `${show(type.type)} *`;
  if (type.kind === 'const') return `const ${show(type.type)}`;
  return type.kind === 'struct' || type.kind === 'union' || type.kind === 'enum'
    ? `${type.kind} ${type.name}`
    : type.name || 'void';
}

test.each([
  [
    'ssize_t my_read(struct file *file, const char *buf, size_t count);',
    'ssize_t my_read(struct file * file, const char * buf, size_t count)',
  ],
  ['void f(void)', 'void f()'],
  ['  unsigned long  g ( ) ', 'long unsigned int g()'],
  ['int h(unsigned a, short b, long long c, bool d)', 'int h(unsigned int a, short int b, long long int c, bool d)'],
  ['struct inode *i(void *p, char **argv)', 'struct inode * i(void * p, char * * argv)'],
  ['u64 k(enum pid_type type, union acpi_object *o)', 'u64 k(enum pid_type type, union acpi_object * o)'],
])('%s', (text, expected) => {
  const read = readPrototype(btf, text);
  if ('error' in read) throw new Error(read.error);
  const params = read.params.map(({ name, type }) => `${show(type)} ${name}`);
  expect(`${show(read.returnType)} ${read.name}(${params.join(', ')})`).toBe(expected);
});

test.each([
  ['my_read', /not a declaration/],
  ['int f(int (*callback)(void))', /not a declaration/],
  ['nosuch f(void)', /no type nosuch/],
  ['int f(struct nosuch *p)', /no type struct nosuch \*/],
  ['int f(int)', /needs a type and a name: int/],
  ['int f(void *)', /needs a type and a name: void \*/],
  ['int f(void v)', /no type void/],
])('%s is refused', (text, error) => {
  expect(readPrototype(btf, text)).toEqual({ error: expect.stringMatching(error) });
});

test('what vmlinux has comes out as it is there', () => {
  const read = readPrototype(btf, 'ssize_t vfs_read(struct file *file, char *buf, size_t count, loff_t *pos)');
  expect(read).toMatchObject({ returnType: btf.funcProto('vfs_read')!.returnType });
  const params = btf.funcProto('vfs_read')!.params.map(({ name, type }) => `${show(type)} ${name}`);
  if ('error' in read) throw new Error(read.error);
  expect(read.params.map(({ name, type }) => `${show(type)} ${name}`)).toEqual(params);
});
