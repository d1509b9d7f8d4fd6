import { errnoText } from '../abi/errno.ts';
import { groupId, groupName, parseMode, userId, userName } from './owners.ts';
import { matches } from './pattern.ts';
import { complain, options, type Program, type ProgramCall, print, readAll } from './program.ts';
import type { FileStat } from './stream.ts';

const TYPES: Readonly<Record<FileStat['kind'], string>> = { file: '-', dir: 'd', link: 'l', char: 'c', pipe: 'p' };

/** A mode as `ls -l` shows it. */
export function modeText({ kind, mode }: FileStat): string {
  const triple = (bits: number, special: boolean, letter: string) => {
    const execute = (bits & 1) !== 0;
    const last = special ? (execute ? letter : letter.toUpperCase()) : execute ? 'x' : '-';
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${last}`;
  };
  return (
    TYPES[kind] +
    triple(mode >> 6, (mode & 0o4000) !== 0, 's') +
    triple(mode >> 3, (mode & 0o2000) !== 0, 's') +
    triple(mode, (mode & 0o1000) !== 0, 't')
  );
}

interface Listed {
  readonly name: string;
  readonly path: string;
  readonly stat: FileStat;
}

const ls: Program = async (call) => {
  const { process } = call;
  const { flags, rest } = options(call.args, 'I');
  const paths = rest.length > 0 ? rest : ['.'];
  let status = 0;
  const dirs: string[] = [];
  const files: Listed[] = [];
  for (const path of paths) {
    const stat = process.stat(path, !flags.has('d') && !flags.has('l'));
    if (typeof stat === 'number') status = await complain(call, `cannot access '${path}': ${errnoText(stat)}`);
    else if (stat.kind === 'dir' && !flags.has('d')) dirs.push(path);
    else files.push({ name: path, path, stat });
  }
  await listFiles(call, files, flags);
  for (const [i, dir] of dirs.entries()) {
    if (paths.length > 1 || flags.has('R')) await print(call, `${i > 0 || files.length > 0 ? '\n' : ''}${dir}:\n`);
    status = Math.max(status, await listDirectory(call, dir, flags));
  }
  return status === 1 ? 2 : status;
};

async function listDirectory(call: ProgramCall, dir: string, flags: ReadonlyMap<string, string>): Promise<number> {
  const { process } = call;
  const fd = process.open(dir, { read: true });
  const names = fd < 0 ? fd : process.list(dir);
  if (fd >= 0) process.close(fd);
  if (typeof names === 'number') return complain(call, `cannot open directory '${dir}': ${errnoText(names)}`);
  const dots = flags.has('a') ? ['.', '..'] : [];
  const shown = [...dots, ...names].filter((name) => flags.has('a') || flags.has('A') || !name.startsWith('.'));
  const needsStat = ['l', 'F', 'p', 'R', 'i', 's'].some((flag) => flags.has(flag));
  const listed = shown.flatMap((name): Listed[] => {
    const path = `${dir}/${name}`;
    const stat = needsStat ? process.stat(path, false) : NO_STAT;
    return typeof stat === 'number' ? [] : [{ name, path, stat }];
  });
  await listFiles(call, flags.has('r') ? listed.reverse() : listed, flags);
  if (!flags.has('R')) return 0;
  for (const { name, path, stat } of listed) {
    if (stat.kind !== 'dir' || name === '.' || name === '..') continue;
    await print(call, `\n${path}:\n`);
    await listDirectory(call, path, flags);
  }
  return 0;
}

const NO_STAT: FileStat = { kind: 'file', mode: 0, uid: 0, gid: 0, size: 0, links: 1, ino: 0, mtime: 0, mount: '' };

async function listFiles(
  call: ProgramCall,
  files: readonly Listed[],
  flags: ReadonlyMap<string, string>,
): Promise<void> {
  const { process } = call;
  const ends: Partial<Record<FileStat['kind'], string>> = flags.has('F') ? { dir: '/', link: '@', pipe: '|' } : {};
  const lines = files.map(({ name, path, stat }) => {
    const inode = flags.has('i') ? `${stat.ino} ` : '';
    const end = ends[stat.kind] ?? (flags.has('p') && stat.kind === 'dir' ? '/' : '');
    if (!flags.has('l') && !flags.has('n')) return `${inode}${name}${end}\n`;
    const numeric = flags.has('n');
    const owner = numeric ? stat.uid : userName(process, stat.uid);
    const group = numeric ? stat.gid : groupName(process, stat.gid);
    const target = stat.kind === 'link' ? ` -> ${process.system.vfs.readlink(process, path)}` : end;
    return `${inode}${modeText(stat)} ${stat.links} ${owner} ${group} ${String(stat.size).padStart(5)} Jan  1 00:00 ${name}${target}\n`;
  });
  if (flags.has('l') && files.length > 0 && files[0]!.path !== files[0]!.name) lines.unshift('total 0\n');
  await print(call, lines.join(''));
}

const mkdir: Program = async (call) => {
  const { flags, rest } = options(call.args, 'm');
  let status = 0;
  for (const path of rest) {
    const parts = flags.has('p') ? path.split('/').map((_, i, all) => all.slice(0, i + 1).join('/')) : [path];
    for (const part of parts.filter((each) => each !== '')) {
      const ret = call.process.mkdir(part);
      const isFine = ret === 0 || (flags.has('p') && ret === -17);
      if (!isFine) {
        status = await complain(call, `cannot create directory '${path}': ${errnoText(ret)}`);
        break;
      }
    }
  }
  return status;
};

const rmdir: Program = async (call) => {
  let status = 0;
  for (const path of options(call.args).rest) {
    const ret = call.process.rmdir(path);
    if (ret < 0) status = await complain(call, `failed to remove '${path}': ${errnoText(ret)}`);
  }
  return status;
};

const rm: Program = async (call) => {
  const { flags, rest } = options(call.args);
  const { process } = call;
  const recursive = flags.has('r') || flags.has('R');
  let status = 0;
  const remove = async (path: string): Promise<void> => {
    const stat = process.stat(path, false);
    const isDir = typeof stat !== 'number' && stat.kind === 'dir';
    if (isDir && recursive) {
      const names = process.list(path);
      if (typeof names !== 'number') for (const name of names) await remove(`${path}/${name}`);
    }
    const ret = isDir && recursive ? process.rmdir(path) : process.system.vfs.unlink(process, path);
    if (ret < 0 && !(flags.has('f') && ret === -2))
      status = await complain(call, `cannot remove '${path}': ${errnoText(ret)}`);
  };
  for (const path of rest) await remove(path);
  return status;
};

const ln: Program = async (call) => {
  const { flags, rest } = options(call.args);
  const [target, path = target?.replace(/.*\//, '')] = rest;
  if (target === undefined || path === undefined) return complain(call, 'missing file operand');
  const { vfs } = call.process.system;
  if (flags.has('f')) vfs.unlink(call.process, path);
  const ret = flags.has('s') ? vfs.symlink(call.process, target, path) : -1;
  return ret < 0
    ? complain(call, `failed to create ${flags.has('s') ? 'symbolic' : 'hard'} link '${path}': ${errnoText(ret)}`)
    : 0;
};

const touch: Program = async (call) => {
  let status = 0;
  for (const path of options(call.args, 'drt').rest) {
    const there = call.process.system.vfs.stat(call.process, path);
    const fd = typeof there === 'number' ? call.process.open(path, { write: true, create: true, append: true }) : 0;
    if (fd > 0) call.process.close(fd);
    if (fd < 0) status = await complain(call, `cannot touch '${path}': ${errnoText(fd)}`);
  }
  return status;
};

/** chmod, chown and chgrp: to whom it belongs, or who may do what. */
function changer(attributes: (call: ProgramCall, text: string, stat: FileStat) => Partial<FileStat> | string): Program {
  return async (call) => {
    const { process } = call;
    const recursive = call.args.some((arg) => /^-\w*R/.test(arg));
    const [wanted, ...paths] = call.args.filter((arg) => !/^-[RhfvLHP]+$/.test(arg) && arg !== '--');
    if (wanted === undefined || paths.length === 0) return complain(call, 'missing operand');
    let status = 0;
    const change = async (path: string): Promise<void> => {
      const stat = process.stat(path);
      if (typeof stat === 'number') {
        status = await complain(call, `cannot access '${path}': ${errnoText(stat)}`);
        return;
      }
      const to = attributes(call, wanted, stat);
      const ret = typeof to === 'string' ? to : process.system.vfs.change(process, path, to);
      if (typeof ret === 'string') status = await complain(call, ret);
      else if (ret < 0) status = await complain(call, `changing '${path}': ${errnoText(ret)}`);
      if (!recursive || stat.kind !== 'dir') return;
      const names = process.list(path);
      if (typeof names !== 'number') for (const name of names) await change(`${path}/${name}`);
    };
    for (const path of paths) await change(path);
    return status;
  };
}

const chmod = changer((_, text, stat) => {
  const mode = parseMode(text, stat.mode, stat.kind === 'dir');
  return mode === undefined ? `invalid mode: '${text}'` : { mode };
});

const chgrp = changer(({ process }, text) => {
  const gid = groupId(process, text);
  return gid === undefined ? `invalid group: '${text}'` : { gid };
});

const chown = changer(({ process }, text) => {
  const [user, group] = text.split(/[:.]/) as [string, string?];
  const uid = user === '' ? undefined : userId(process, user);
  const gid = group === undefined || group === '' ? undefined : groupId(process, group);
  if (user !== '' && uid === undefined) return `invalid user: '${text}'`;
  if (group && gid === undefined) return `invalid group: '${text}'`;
  return { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
});

const KINDS: Readonly<Record<FileStat['kind'], string>> = {
  file: 'regular file',
  dir: 'directory',
  link: 'symbolic link',
  char: 'character special file',
  pipe: 'fifo',
};

const stat: Program = async (call) => {
  const { flags, rest } = options(call.args, 'c');
  const { process } = call;
  const format = flags.get('c') ?? flags.get('format') ?? flags.get('printf');
  let status = 0;
  for (const path of rest) {
    const found = process.stat(path, flags.has('L'));
    if (typeof found === 'number') {
      status = await complain(call, `cannot statx '${path}': ${errnoText(found)}`);
      continue;
    }
    const { kind, mode, uid, gid, size, links, ino, mtime, mount } = found;
    const kindText = kind === 'file' && size === 0 ? 'regular empty file' : KINDS[kind];
    const values: Readonly<Record<string, string>> = {
      '%': '%',
      a: mode.toString(8),
      A: modeText(found),
      b: '0',
      B: '512',
      d: '0',
      f: mode.toString(16),
      F: kindText,
      g: String(gid),
      G: groupName(process, gid),
      h: String(links),
      i: String(ino),
      m: mount,
      n: path,
      N: `'${path}'`,
      o: '4096',
      s: String(size),
      u: String(uid),
      U: userName(process, uid),
      X: String(mtime),
      Y: String(mtime),
      Z: String(mtime),
    };
    const text =
      format === undefined
        ? `  File: ${path}\n  Size: ${size}\tBlocks: 0\tIO Block: 4096\t${kindText}\nInode: ${ino}\tLinks: ${links}\nAccess: (${mode.toString(8).padStart(4, '0')}/${modeText(found)})  Uid: (${uid}/${userName(process, uid)})   Gid: (${gid}/${groupName(process, gid)})\n`
        : `${format.replace(/%-?\d*([%a-zA-Z])/g, (all, letter: string) => values[letter] ?? all)}\n`;
    await print(call, text);
  }
  return status;
};

const readlink: Program = async (call) => {
  const { flags, rest } = options(call.args);
  const { process } = call;
  let status = 0;
  for (const path of rest) {
    const resolves = call.name === 'realpath' || ['f', 'e', 'm'].some((flag) => flags.has(flag));
    const target = resolves ? process.system.vfs.realPath(process, path) : process.system.vfs.readlink(process, path);
    if (typeof target === 'string') await print(call, flags.has('n') ? target : `${target}\n`);
    else if (call.name === 'realpath') status = await complain(call, `${path}: ${errnoText(target)}`);
    else status = 1;
  }
  return status;
};

const mktemp: Program = async (call) => {
  const { flags, rest } = options(call.args, 'p');
  const { process, environment } = call;
  const dir = flags.get('p') ?? environment.get('TMPDIR') ?? '/tmp';
  const template = rest[0] ?? `${dir}/tmp.XXXXXXXXXX`;
  const path = rest[0] !== undefined && (flags.has('t') || flags.has('p')) ? `${dir}/${template}` : template;
  for (let n = 0; ; n++) {
    const name = path.replace(/X{3,}$/, (marks) =>
      (process.pid * 1000 + n).toString(36).padStart(marks.length, '0').slice(-marks.length),
    );
    const there = process.system.vfs.stat(process, name);
    if (typeof there !== 'number') continue;
    if (flags.has('u')) return print(call, `${name}\n`);
    const how = { write: true, create: true, exclusive: true, mode: 0o600 };
    const ret = flags.has('d') ? process.mkdir(name, 0o700) : process.open(name, how);
    if (ret < 0)
      return complain(
        call,
        `failed to create ${flags.has('d') ? 'directory' : 'file'} via template '${template}': ${errnoText(ret)}`,
      );
    if (!flags.has('d')) process.close(ret);
    return print(call, `${name}\n`);
  }
};

const cp: Program = async (call) => {
  const { flags, rest } = options(call.args, 't');
  const { process } = call;
  const to = rest.pop();
  if (to === undefined || rest.length === 0) return complain(call, 'missing file operand');
  let status = 0;
  const copy = async (from: string, target: string): Promise<void> => {
    const found = process.stat(from);
    if (typeof found === 'number') {
      status = await complain(call, `cannot stat '${from}': ${errnoText(found)}`);
      return;
    }
    if (found.kind === 'dir') {
      if (!['r', 'R', 'a'].some((flag) => flags.has(flag))) {
        status = await complain(call, `-r not specified; omitting directory '${from}'`);
        return;
      }
      process.mkdir(target);
      const names = process.list(from);
      if (typeof names !== 'number') for (const name of names) await copy(`${from}/${name}`, `${target}/${name}`);
      return;
    }
    const source = process.open(from, { read: true });
    const text = source < 0 ? source : await readAll(process, source);
    if (source >= 0) process.close(source);
    if (typeof text === 'number') {
      status = await complain(call, `error reading '${from}': ${errnoText(text)}`);
      return;
    }
    const fd = process.open(target, { write: true, create: true, truncate: true, mode: found.mode });
    const written = fd < 0 ? fd : await process.write(fd, text);
    if (fd >= 0) process.close(fd);
    if (written < 0) status = await complain(call, `cannot write '${target}': ${errnoText(written)}`);
  };
  const isDir = (path: string) => {
    const found = process.stat(path);
    return typeof found !== 'number' && found.kind === 'dir';
  };
  for (const from of rest) await copy(from, isDir(to) ? `${to}/${from.replace(/.*\//, '')}` : to);
  return status;
};

const mv: Program = async (call) => {
  const { rest } = options(call.args);
  const { process } = call;
  const to = rest.pop();
  if (to === undefined || rest.length === 0) return complain(call, 'missing file operand');
  let status = 0;
  for (const from of rest) {
    const there = process.stat(to);
    const target = typeof there !== 'number' && there.kind === 'dir' ? `${to}/${from.replace(/.*\//, '')}` : to;
    const ret = process.system.vfs.rename(process, from, target);
    if (ret < 0) status = await complain(call, `cannot move '${from}' to '${target}': ${errnoText(ret)}`);
  }
  return status;
};

const dd: Program = async (call) => {
  const { process } = call;
  const given = new Map(call.args.map((arg) => arg.split(/=(.*)/s).slice(0, 2) as [string, string]));
  const sizes: Readonly<Record<string, number>> = { c: 1, b: 512, k: 1024, K: 1024, M: 1_048_576 };
  const number = (name: string, missing: number) => {
    const match = /^(\d+)([a-zA-Z]?)$/.exec(given.get(name) ?? '');
    return match ? Number(match[1]) * (sizes[match[2]!] ?? 1) : missing;
  };
  const size = number('bs', number('ibs', 512));
  const input = given.get('if');
  const output = given.get('of');
  const from = input === undefined ? 0 : process.open(input, { read: true });
  if (from < 0) return complain(call, `failed to open '${input}': ${errnoText(from)}`);
  const truncate = !given.get('conv')?.includes('notrunc');
  const to = output === undefined ? 1 : process.open(output, { write: true, create: true, truncate });
  if (to < 0) return complain(call, `failed to open '${output}': ${errnoText(to)}`);
  let status = 0;
  let bytes = 0;
  const blocks = { full: 0, partial: 0 };
  for (let skip = number('skip', 0); skip > 0; skip--) await process.read(from, size);
  for (let left = number('count', Number.POSITIVE_INFINITY); left > 0; left--) {
    const piece = await process.read(from, size);
    if (typeof piece === 'number') {
      status = await complain(call, `error reading '${input ?? 'standard input'}': ${errnoText(piece)}`);
      break;
    }
    if (piece === '') break;
    const written = await process.write(to, piece);
    if (written < 0) {
      status = await complain(call, `error writing '${output ?? 'standard output'}': ${errnoText(written)}`);
      break;
    }
    bytes += piece.length;
    if (piece.length === size) blocks.full++;
    else blocks.partial++;
  }
  if (given.get('status') !== 'none') {
    const records = `${blocks.full}+${blocks.partial}`;
    await process.write(2, `${records} records in\n${records} records out\n${bytes} bytes copied\n`);
  }
  return status;
};

const find: Program = async (call) => {
  const { process } = call;
  const at = call.args.findIndex((arg) => /^[-(!]/.test(arg));
  const roots = at < 0 ? call.args : call.args.slice(0, at);
  const tests = at < 0 ? [] : call.args.slice(at);
  const value = (name: string) => (tests.includes(name) ? tests[tests.indexOf(name) + 1] : undefined);
  const deepest = Number(value('-maxdepth') ?? Number.POSITIVE_INFINITY);
  const shallowest = Number(value('-mindepth') ?? 0);
  const kind = { f: 'file', d: 'dir', l: 'link' }[value('-type') ?? ''];
  const name = value('-name');
  const path = value('-path');
  let status = 0;
  const visit = async (each: string, depth: number): Promise<void> => {
    const found = process.stat(each, false);
    if (typeof found === 'number') {
      status = await complain(call, `'${each}': ${errnoText(found)}`);
      return;
    }
    const fits =
      depth >= shallowest &&
      (kind === undefined || found.kind === kind) &&
      (name === undefined || matches(name, each.replace(/(?<=.)\/+$/, '').replace(/.*\//, ''))) &&
      (path === undefined || matches(path, each));
    if (fits) await print(call, tests.includes('-print0') ? `${each}\0` : `${each}\n`);
    if (found.kind !== 'dir' || depth >= deepest) return;
    const names = process.list(each);
    if (typeof names !== 'number')
      for (const below of names) await visit(each.endsWith('/') ? each + below : `${each}/${below}`, depth + 1);
  };
  for (const root of roots.length > 0 ? roots : ['.']) await visit(root, 0);
  return status;
};

const truncate: Program = async (call) => {
  const { flags, rest } = options(call.args, 's');
  if ((flags.get('s') ?? flags.get('size')) !== '0') return complain(call, 'only -s 0 is supported');
  let status = 0;
  for (const path of rest) {
    const fd = call.process.open(path, { write: true, create: true, truncate: true });
    if (fd < 0) status = await complain(call, `cannot open '${path}' for writing: ${errnoText(fd)}`);
    else call.process.close(fd);
  }
  return status;
};

/** Programs about files. */
export const filePrograms: Readonly<Record<string, Program>> = {
  chgrp,
  chmod,
  chown,
  cp,
  dd,
  find,
  ln,
  ls,
  mkdir,
  mktemp,
  mv,
  readlink,
  realpath: readlink,
  rm,
  rmdir,
  stat,
  touch,
  truncate,
  unlink: rm,
};
