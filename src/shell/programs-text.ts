import { errnoText } from '../abi/errno.ts';
import { complain, eachInput, options, type Program, type ProgramCall, pieces, print } from './program.ts';
import { basicSource, extendedSource } from './regex.ts';

const cat: Program = (call) => {
  const { flags, rest } = options(call.args);
  let line = 1;
  let fresh = true;
  const numbered = (text: string) => {
    if (!flags.has('n')) return text;
    return text.replace(/[^\n]*\n|[^\n]+$/g, (each) => {
      const shown = fresh ? `${String(line++).padStart(6)}\t${each}` : each;
      fresh = each.endsWith('\n');
      return shown;
    });
  };
  return eachInput(call, rest, async (fd) => {
    const parts = pieces(call.process, fd);
    for (;;) {
      const { value, done } = await parts.next();
      if (done) return value;
      if ((await print(call, numbered(value))) !== 0) return 1;
    }
  });
};

/** The first lines or bytes: it stops reading as soon as it has them. */
const head: Program = (call) => {
  const short = /^-(\d+)$/.exec(call.args[0] ?? '');
  const { flags, rest } = options(short ? ['-n', short[1]!, ...call.args.slice(1)] : call.args, 'nc');
  const bytes = flags.get('c');
  const lines = Number(flags.get('n') ?? flags.get('lines') ?? 10);
  return eachInput(call, rest, async (fd, name) => {
    if (rest.length > 1 && !flags.has('q')) await print(call, `==> ${name} <==\n`);
    let left = bytes === undefined ? lines : Number(bytes);
    if (lines < 0) return headOfAll(call, fd, lines);
    const parts = pieces(call.process, fd);
    while (left > 0) {
      const { value, done } = await parts.next();
      if (done) return value;
      const piece = bytes === undefined ? firstLines(value, left) : value.slice(0, left);
      left -= bytes === undefined ? piece.split('\n').length - 1 : piece.length;
      if ((await print(call, piece)) !== 0) return 1;
    }
    return 0;
  });
};

async function headOfAll(call: ProgramCall, fd: number, lines: number): Promise<number> {
  let text = '';
  for await (const piece of pieces(call.process, fd)) text += piece;
  return print(call, (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).slice(0, lines).join(''));
}

function firstLines(text: string, count: number): string {
  let end = 0;
  for (let i = 0; i < count; i++) {
    const next = text.indexOf('\n', end);
    if (next < 0) return text;
    end = next + 1;
  }
  return text.slice(0, end);
}

const tee: Program = async (call) => {
  const { flags, rest } = options(call.args);
  const { process } = call;
  let status = 0;
  const outputs: { fd: number; name: string }[] = [{ fd: 1, name: 'standard output' }];
  for (const name of rest) {
    const append = flags.has('a');
    const fd = process.open(name, { write: true, create: true, append, truncate: !append });
    if (fd < 0) status = await complain(call, `${name}: ${errnoText(fd)}`);
    else outputs.push({ fd, name });
  }
  for await (const piece of pieces(process, 0)) {
    for (const { fd, name } of outputs) {
      const written = await process.write(fd, piece);
      if (written < 0) status = await complain(call, `${name}: ${errnoText(written)}`);
    }
  }
  return status;
};

interface GrepOptions {
  readonly regex: RegExp;
  readonly flags: ReadonlyMap<string, string>;
  readonly withName: boolean;
  readonly max: number;
  readonly before: number;
  readonly after: number;
}

function grepRegex(patterns: readonly string[], kind: string, flags: ReadonlyMap<string, string>): RegExp {
  const sources = patterns.map((pattern) => {
    if (kind === 'F') return pattern.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    return kind === 'P' ? pattern : kind === 'E' ? extendedSource(pattern) : basicSource(pattern);
  });
  let source = sources.map((each) => `(?:${each})`).join('|');
  if (flags.has('w')) source = `(?<![0-9A-Za-z_])(?:${source})(?![0-9A-Za-z_])`;
  if (flags.has('x')) source = `^(?:${source})$`;
  return new RegExp(source, flags.has('i') ? 'gi' : 'g');
}

const grep: Program = async (call) => {
  const { flags, rest } = options(call.args, 'efmABC');
  const kind = ['F', 'E', 'P'].find((each) => flags.has(each)) ?? { egrep: 'E', fgrep: 'F' }[call.name] ?? 'G';
  const pattern = flags.get('e') ?? rest.shift();
  if (pattern === undefined) {
    await call.process.write(2, 'Usage: grep [OPTION]... PATTERNS [FILE]...\n');
    return 2;
  }
  const patterns = call.args.flatMap((arg, i) => (arg === '-e' ? [call.args[i + 1] ?? ''] : [])).concat();
  const all = (patterns.length > 1 ? patterns : [pattern]).flatMap((each) => each.split('\n'));
  const around = Number(flags.get('C') ?? 0);
  const recursive = flags.has('r') || flags.has('R');
  const names = recursive ? await filesBelow(call, rest.length > 0 ? rest : ['.']) : rest;
  let regex: RegExp;
  try {
    regex = grepRegex(all, kind, flags);
  } catch {
    await complain(call, 'Invalid regular expression');
    return 2;
  }
  const how: GrepOptions = {
    regex,
    flags,
    withName: !flags.has('h') && (flags.has('H') || names.length > 1 || recursive),
    max: Number(flags.get('m') ?? Number.POSITIVE_INFINITY),
    before: Number(flags.get('B') ?? around),
    after: Number(flags.get('A') ?? around),
  };
  let found = false;
  let failed = false;
  for (const name of names.length > 0 ? names : ['-']) {
    const fd = name === '-' ? 0 : call.process.open(name, { read: true });
    const ret = fd < 0 ? fd : await grepFile(call, fd, name === '-' ? '(standard input)' : name, how);
    if (fd > 0) call.process.close(fd);
    if (ret < 0) {
      failed = true;
      if (!flags.has('s')) await complain(call, `${name}: ${errnoText(ret)}`);
    } else if (ret > 0) {
      found = true;
      if (flags.has('q')) return 0;
    }
  }
  return failed && !(found && flags.has('q')) ? 2 : found ? 0 : 1;
};

/** Lines that match are printed as they come. Returns how many, or a negative errno. */
async function grepFile(call: ProgramCall, fd: number, name: string, how: GrepOptions): Promise<number> {
  const { regex, flags, withName, max, before, after } = how;
  const wantsLines = !['q', 'c', 'l', 'L'].some((each) => flags.has(each));
  let number = 0;
  let count = 0;
  let follow = 0;
  let lastShown = 0;
  const kept: { text: string; number: number }[] = [];
  let out = '';
  const show = (text: string, at: number, mark: string) => {
    if ((before > 0 || after > 0) && lastShown > 0 && at > lastShown + 1) out += '--\n';
    out += `${withName ? `${name}${mark}` : ''}${flags.has('n') ? `${at}${mark}` : ''}${text}\n`;
    lastShown = at;
  };
  const line = (text: string) => {
    number++;
    regex.lastIndex = 0;
    if (count < max && regex.test(text) !== flags.has('v')) {
      count++;
      if (!wantsLines) return;
      for (const each of kept.splice(0)) show(each.text, each.number, '-');
      regex.lastIndex = 0;
      const shown = flags.has('o') ? [...text.matchAll(regex)].map(([part]) => part) : [text];
      for (const part of shown) if (part !== '' || !flags.has('o')) show(part, number, ':');
      follow = after;
    } else if (follow-- > 0 && wantsLines) show(text, number, '-');
    else if (before > 0) {
      kept.push({ text, number });
      if (kept.length > before) kept.shift();
    }
  };
  let rest = '';
  const parts = pieces(call.process, fd);
  for (;;) {
    const { value, done } = await parts.next();
    if (done && value < 0) return value;
    rest += done ? '' : value;
    const lines = rest.split('\n');
    rest = lines.pop()!;
    if (done && rest !== '') lines.push(rest);
    for (const each of lines) if (count < max || follow > 0) line(each);
    if (out !== '' && (await print(call, out)) !== 0) return -5;
    out = '';
    if (done || (count >= max && follow <= 0) || (flags.has('q') && count > 0)) break;
  }
  if (flags.has('c')) await print(call, `${withName ? `${name}:` : ''}${count}\n`);
  if ((flags.has('l') && count > 0) || (flags.has('L') && count === 0)) await print(call, `${name}\n`);
  return count;
}

/** Files below directories, sorted. */
async function filesBelow({ process }: ProgramCall, roots: readonly string[]): Promise<string[]> {
  return roots.flatMap((root): string[] => {
    const stat = process.stat(root);
    if (typeof stat === 'number' || stat.kind !== 'dir') return [root];
    const names = process.list(root);
    const below = typeof names === 'number' ? [] : names.map((name) => `${root}/${name}`);
    return below.flatMap((path) => filesIn(process, path));
  });
}

function filesIn(process: ProgramCall['process'], path: string): string[] {
  const stat = process.stat(path, false);
  if (typeof stat === 'number' || stat.kind === 'link') return [];
  if (stat.kind !== 'dir') return [path];
  const names = process.list(path);
  return typeof names === 'number' ? [] : names.flatMap((name) => filesIn(process, `${path}/${name}`));
}

const yes: Program = async (call) => {
  const line = `${call.args.join(' ') || 'y'}\n`;
  const block = line.repeat(Math.ceil(4096 / line.length));
  while ((await print(call, block)) === 0) await call.process.system.scheduler.giveWay();
  return 1;
};

/** Programs that read and print text and do not wait for its end. */
export const textPrograms: Readonly<Record<string, Program>> = { cat, egrep: grep, fgrep: grep, grep, head, tee, yes };
