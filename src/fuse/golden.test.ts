import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { Opcode } from './protocol.ts';
import { SizeOut } from './structs.ts';
import { TestClient } from './test-client.ts';

/** A system call as a real 6.16.3 answered it. Octal and hexadecimal arguments are as C writes them. */
interface Call {
  readonly op: string;
  readonly args: readonly string[];
  readonly ret: number;
  readonly out?: string;
}

const file = new URL('../../selftests/golden/file-operations.jsonl.gz', import.meta.url);
const transcripts = gunzipSync(readFileSync(file))
  .toString('utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as { id: string; steps: Call[] });

const number = (text: string) => (/^0[0-7]/.test(text) ? Number.parseInt(text, 8) : Number(text));

/** Text that `file-operations.jsonl.gz` has of what stat(2) gave. */
function shown(stat: ReturnType<TestClient['stat']>, whole: boolean): { ret: number; out?: string } {
  if (typeof stat === 'number') return { ret: stat };
  const { mode, nlink, uid, gid, size, blocks, blksize, rdev } = stat;
  const kind = `mode=${mode.toString(8)} nlink=${nlink}`;
  const out = whole
    ? `${kind} uid=${uid} gid=${gid} size=${size} blocks=${blocks} blksize=${blksize} rdev=${rdev}`
    : `${kind} size=${size}`;
  return { ret: 0, out };
}

function access(client: TestClient, path: string, mask: number): number {
  const stat = client.stat(path);
  if (typeof stat === 'number') return stat;
  const isDir = (stat.mode & 0o040000) !== 0;
  return mask & 1 && !isDir && (stat.mode & 0o111) === 0 ? -Errno.EACCES : 0;
}

function run(client: TestClient, { op, args: [a = '', b = '', c = ''] }: Call): { ret: number; out?: string } {
  const text = (result: string | number) =>
    typeof result === 'number' ? { ret: result } : { ret: result.length, ...(result !== '' && { out: result }) };
  const done = (ret: number) => ({ ret });
  const ask = (opcode: number, path: string) =>
    done(client.ask(opcode, (client.find(path) as { node: number }).node, [SizeOut, {}]).error);
  switch (op) {
    case 'stat':
      return shown(client.stat(a), true);
    case 'fstat':
      return shown(client.fstat(a), false);
    case 'open':
      return done(client.open(a, b, number(c)));
    case 'close':
      return done(client.close(a));
    case 'read':
    case 'alread':
      return text(client.read(a, number(b)));
    case 'pread':
      return text(client.read(a, number(b), number(c)));
    case 'write':
      return done(client.write(a, b));
    case 'pwrite':
      return done(client.write(a, b, number(c)));
    case 'lseek':
      return done(client.lseek(a, number(b), number(c)));
    case 'poll':
      return done(client.poll(a, number(b)));
    case 'access':
      return done(access(client, a, number(b)));
    case 'exec':
      return done(
        access(client, a, 1) || (client.find(a.slice(2)) as { mode: number }).mode & 0o040000 ? -Errno.EACCES : 0,
      );
    case 'chmod':
      return done(client.setattr(a, { valid: 1, mode: Number.parseInt(b, 8) }));
    case 'chown':
      return done(
        client.setattr(a, { valid: (b === '-1' ? 0 : 2) | (c === '-1' ? 0 : 4), uid: Number(b), gid: Number(c) }),
      );
    case 'truncate': {
      const found = client.find(a);
      if (typeof found !== 'number' && found.mode & 0o040000) return done(-Errno.EISDIR);
      return done(client.setattr(a, { valid: 8, size: number(b) }));
    }
    case 'utime':
      return done(client.setattr(a, { valid: 0x1b0 & ~0xf }));
    case 'rename':
      return done(client.rename(a, b));
    case 'symlink':
      return done(client.symlink(a, b));
    case 'link':
      return done(client.link(a, b));
    case 'unlink':
      return done(client.unlink(a));
    case 'mkdir':
      return done(client.mkdir(a));
    case 'rmdir':
      return done(client.rmdir(a));
    case 'mknod':
      return done(client.mknod(a, 0o010644));
    case 'mknodreg':
      return done(client.mknod(a, 0o100644));
    case 'readlink':
      return ask(Opcode.READLINK, a);
    case 'getxattr':
      return ask(Opcode.GETXATTR, a);
    case 'setxattr':
      return ask(Opcode.SETXATTR, a);
    case 'listxattr':
      return ask(Opcode.LISTXATTR, a);
    case 'statfs':
      return ask(Opcode.STATFS, a);
    default:
      throw new Error(`unknown call ${op}`);
  }
}

/** What differs from boot to boot: pids, times, ids, pages. */
function mask({ op }: Call, out: string | undefined): string | undefined {
  if (op === 'statfs') return undefined;
  if (out && /[^\t\n -~]/.test(out)) return '(a page)';
  return out
    ?.replace(/(?<=>)-\d+( +(?=\[)|$)/g, '-PID')
    .replace(/ +\d+\.\d{6}: /g, ' TIME: ')
    .replace(/^\[ +\d+\.\d+\] ?/, '[TIME] ')
    .replace(/^\[ +\d+\.\d+$/, '[TIME] ');
}

test.each(transcripts)('$id: every call is answered as the real kernel does', ({ steps }) => {
  const client = new TestClient();
  const different: string[] = [];
  for (const [i, call] of steps.entries()) {
    const { ret, out } = run(client, call);
    const actual = { ret, out: mask(call, out) };
    const expected = { ret: call.ret, out: mask(call, call.out) };
    if (JSON.stringify(actual) !== JSON.stringify(expected))
      different.push(
        `${i}: ${call.op} ${call.args.join(' ')}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`,
      );
  }
  expect(different).toEqual([]);
});
