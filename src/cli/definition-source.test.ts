import { expect, test } from 'vitest';
import { definitionsOf, isScript } from './definition-source.ts';

const texts = (source: string) => definitionsOf(source).map((d) => (d.unknown ? `?${d.text}` : d.text));

test.each([
  ['f:a vfs_read\n# comment\n\n  f:b vfs_write # trailing\n-:a\n', ['f:a vfs_read', '  f:b vfs_write ', '-:a']],
  ["#!/bin/sh\necho 'f:a vfs_read $arg1' >> dynamic_events\n", ['f:a vfs_read $arg1']],
  ['#!/bin/sh\necho "f:a vfs_read \\$arg1 \\\\1" > $T/dynamic_events\n', ['f:a vfs_read $arg1 \\1']],
  ['#!/bin/sh\necho "f:a $FUNC" >> dynamic_events\n', ['?f:a $FUNC']],
  ['#!/bin/sh\necho f:a vfs_read   count >> dynamic_events; echo hi\n', ['f:a vfs_read count']],
  [
    '#!/bin/sh\ncat > dynamic_events <<EOF\nf:a vfs_read \\$retval\n# no\nf:b $X\nEOF\nf:not one\n',
    ['f:a vfs_read $retval', '?f:b $X'],
  ],
  ["#!/bin/sh\ncat <<'END' | tee x\nf:a vfs_read $retval\nother text\nEND\n", ['f:a vfs_read $retval']],
  ['#!/bin/sh\ncat <<-END >> dynamic_events\n\tf:a vfs_read\n\tEND\n', ['f:a vfs_read']],
  ["! echo 'f:a nosuch' >> dynamic_events\necho 'p:x vfs_read' > kprobe_events\n", ['f:a nosuch']],
])('definitions of %j', (source, expected) => {
  expect(texts(source)).toEqual(expected);
});

test('columns point into the source line', () => {
  const [definition] = definitionsOf('#!/bin/sh\n  echo "f:a \\$arg9" >> dynamic_events\n');
  expect(definition!.line).toBe(2);
  expect(definition!.columns[definition!.text.indexOf('f')]).toBe(9);
  expect(definition!.columns[definition!.text.indexOf('$')]).toBe(13);
});

test('a plain list is not taken for a script', () => {
  expect(isScript('f:a vfs_read\nf:b vfs_write\n')).toBe(false);
});
