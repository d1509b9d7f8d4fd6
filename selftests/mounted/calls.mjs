// Makes the system calls of a recorded transcript on the tracing files in the current directory, as far as Node has them, and prints each
// that is answered otherwise than recorded. Arguments: the transcripts, gzipped JSON lines, and the id of one.
import * as fs from 'node:fs';
import { gunzipSync } from 'node:zlib';

const [file, id] = process.argv.slice(2);
const { steps } = gunzipSync(fs.readFileSync(file))
  .toString('utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))
  .find((transcript) => transcript.id === id);

const number = (text) => (/^0[0-7]/.test(text) ? Number.parseInt(text, 8) : Number(text));
const fds = new Map();
const fd = (name) => fds.get(name) ?? -1;
const buffer = Buffer.alloc(4096);
const done = (result) => ({ ret: result ?? 0 });

function describe({ mode, nlink, uid, gid, size, blocks, blksize, rdev }, whole) {
  const kind = `mode=${mode.toString(8)} nlink=${nlink}`;
  const rest = ` uid=${uid} gid=${gid} size=${size} blocks=${blocks} blksize=${blksize} rdev=${rdev}`;
  return { ret: 0, out: kind + (whole ? rest : ` size=${size}`) };
}

const CALLS = {
  stat: (path) => describe(fs.lstatSync(path), true),
  fstat: (name) => describe(fs.fstatSync(fd(name)), false),
  open: (name, path, flags) => {
    fds.delete(name);
    fds.set(name, fs.openSync(path, number(flags)));
    return done(0);
  },
  close: (name) => done(fs.closeSync(fd(name))),
  read: (name, size) => done(fs.readSync(fd(name), buffer, 0, number(size), null)),
  write: (name, data) => done(fs.writeSync(fd(name), data)),
  access: (path, mask) => done(fs.accessSync(path, number(mask))),
  chmod: (path, mode) => done(fs.chmodSync(path, Number.parseInt(mode, 8))),
  chown: (path, uid, gid) => done(fs.chownSync(path, Number(uid), Number(gid))),
  rename: (from, to) => done(fs.renameSync(from, to)),
  symlink: (target, path) => done(fs.symlinkSync(target, path)),
  link: (from, to) => done(fs.linkSync(from, to)),
  unlink: (path) => done(fs.unlinkSync(path)),
  mkdir: (path) => done(fs.mkdirSync(path)),
  rmdir: (path) => done(fs.rmdirSync(path)),
  readlink: (path) => done(fs.readlinkSync(path)),
};

let made = 0;
for (const [i, { op, args, ret, out }] of steps.entries()) {
  const call = CALLS[op];
  if (!call) continue;
  made++;
  let actual;
  try {
    actual = call(...args);
  } catch (error) {
    actual = { ret: error.errno };
  }
  const same = actual.ret === ret && (actual.out === undefined || actual.out === out);
  if (!same)
    process.stdout.write(`${i}: ${op} ${args.join(' ')}: ${JSON.stringify(actual)} instead of ${ret} ${out ?? ''}\n`);
}
process.stdout.write(`${made} calls\n`);
