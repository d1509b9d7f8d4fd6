import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa, execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completionFiles } from './completion-files.ts';

const root = join(import.meta.dirname, '../..');
const files = completionFiles(pathToFileURL(`${root}/`));
const folder = mkdtempSync(join(tmpdir(), 'fprobe-completion-'));
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
writeFileSync(join(folder, 'fprobe'), `#!/bin/sh\nexec node ${root}/bin/fprobe.js "$@"\n`, { mode: 0o755 });
afterAll(() => rmSync(folder, { recursive: true }));

const env = {
  PATH: `${folder}:${process.env.PATH}`,
  TERM: 'dumb',
  LANG: 'C.UTF-8',
  HISTFILE: '',
  INPUTRC: '/dev/null',
  HOME: folder,
};
const has = (program: string) => execaSync('sh', ['-c', `command -v ${program}`], { reject: false }).exitCode === 0;
const missing = (...programs: string[]) => programs.filter((program) => !has(program));

/** A shell on a terminal of its own. */
class Terminal {
  readonly #process;
  #seen = '';
  #shown = 0;

  constructor(shell: string) {
    this.#process = spawn('script', ['-qfec', shell, '/dev/null'], {
      env,
      cwd: root,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#process.stdout.on('data', (data) => {
      this.#seen += data;
    });
  }

  write(text: string): void {
    this.#process.stdin.write(text);
  }

  /** What came up to a pattern, and the pattern's match. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (const end = Date.now() + 15_000; Date.now() < end; ) {
      const match = pattern.exec(this.#seen);
      if (match !== null) {
        this.#seen = this.#seen.slice(match.index + match[0].length);
        return match;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`never came: ${pattern}; seen: ${JSON.stringify(this.#seen)}`);
  }

  /** Types a line, a tab or more, and gives what then stands there, and what was listed meanwhile. */
  async complete(line: string, tabs = 1): Promise<{ line: string; listed: string }> {
    this.write(line + '\t'.repeat(tabs));
    // Ctrl-G prints the line with a number that goes up, Ctrl-U empties it; what comes before the prompt is back, the terminal takes for itself.
    this.write('\x07');
    const match = await this.until(new RegExp(`([\\s\\S]*?)<<${++this.#shown}:(.*)>>\\s[^$#]*[$#] `));
    this.write('\x15');
    return { line: match[2]!, listed: match[1]! };
  }

  end(): void {
    this.#process.kill();
  }
}

/** What is typed, and what one tab makes of it. */
const LINES: readonly (readonly [string, string])[] = [
  ['fprobe che', 'fprobe check '],
  ['fprobe profile imp', 'fprobe profile import '],
  ['fprobe check --js', 'fprobe check --json '],
  ['fprobe completion ba', 'fprobe completion bash '],
  ['fprobe trace --arch ris', 'fprobe trace --arch riscv64 '],
  ['fprobe trace --arch=arm6', 'fprobe trace --arch=arm64 '],
  ['fprobe trace -w mk', 'fprobe trace -w mkdir-rm '],
  ['fprobe trace --profile linux-6.1', 'fprobe trace --profile linux-6.16.3-amd64 '],
  ['fprobe trace -E sched:sched_swi', 'fprobe trace -E sched:sched_switch '],
  ['fprobe trace -E sche', 'fprobe trace -E sched'],
  ['fprobe replay selft', 'fprobe replay selftests/'],
  ['fprobe profile import selft', 'fprobe profile import selftests/'],
  ['fprobe cat per_cpu/cpu0/st', 'fprobe cat per_cpu/cpu0/stats '],
  ['fprobe cat trace events/sched/sched_swi', 'fprobe cat trace events/sched/sched_switch/'],
  ['fprobe ls tracing_on opt', 'fprobe ls tracing_on options/'],
  ["fprobe append dynamic_events 'f:x vfs_readl", "fprobe append dynamic_events 'f:x vfs_readlink"],
  ['fprobe run mk', 'fprobe run mkdir-rm '],
  ['fprobe module load fprobe_ex', 'fprobe module load fprobe_example '],
  ['fprobe stacks --at vfs_read:ent', 'fprobe stacks --at vfs_read:entry '],
  ['fprobe exec mkfif', 'fprobe exec mkfifo '],
  ['fprobe exec -- mkfif', 'fprobe exec -- mkfifo '],
  ["fprobe check -e 'f:x vfs_readl", "fprobe check -e 'f:x vfs_readlink"],
  ["fprobe check -e 'f:x vfs_readlink%", "fprobe check -e 'f:x vfs_readlink%return"],
  ["fprobe check -e 'f:x vfs_read file->f_pat", "fprobe check -e 'f:x vfs_read file->f_path."],
  [
    "fprobe check --json -e 'f:x vfs_read n=file->f_path.dentry->d_na",
    "fprobe check --json -e 'f:x vfs_read n=file->f_path.dentry->d_name.",
  ],
  ["fprobe check -e 'f:x vfs_read +0(bu", "fprobe check -e 'f:x vfs_read +0(buf"],
  ["fprobe check -e 'f:x vfs_read count:us", "fprobe check -e 'f:x vfs_read count:ustring"],
  ["fprobe check -e 'f:x vfs_read%return $ret", "fprobe check -e 'f:x vfs_read%return $retval"],
  ['fprobe check -e "f:x vfs_read \\$ret', 'fprobe check -e "f:x vfs_read \\$retval'],
  ['fprobe check -e f:x\\ vfs_readl', 'fprobe check -e f:x\\ vfs_readlink'],
  ["fprobe check -e 't:x sched_swi", "fprobe check -e 't:x sched_switch"],
  [
    "fprobe trace -w cat -e 'f:x vfs_write' -e 'f:x vfs_readl",
    "fprobe trace -w cat -e 'f:x vfs_write' -e 'f:x vfs_readlink",
  ],
];

const bashMissing = missing('bash', 'script');
describe.skipIf(bashMissing.length > 0)(`bash (${bashMissing.join(' and ') || 'nothing'} missing)`, () => {
  let bash: Terminal;
  beforeAll(async () => {
    bash = new Terminal('bash --norc --noprofile -i');
    bash.write(
      `stty cols 200; bind 'set bell-style none'; bind -x '"\\C-g": printf "<<%d:%s>>\\n" $((++shown)) "$READLINE_LINE"'; source ${folder}/fprobe.bash; echo RE''ADY\n`,
    );
    await bash.until(/READY\r?\n/);
  });
  afterAll(() => bash.end());

  test.each(LINES)('%s', async (typed, completed) => {
    expect((await bash.complete(typed)).line).toBe(completed);
  });
  test('a value after = keeps its quotes', async () => {
    expect((await bash.complete("fprobe check --event='f:x vfs_readl")).line).toBe(
      "fprobe check --event='f:x vfs_readlink",
    );
  });
  test('a list has the pieces with their notes', async () => {
    const { listed } = await bash.complete("fprobe check -e 'f:x vfs_read file->f_path.", 2);
    expect(listed).toMatch(/\ndentry {2}\(struct dentry \*\) +mnt {2}\(struct vfsmount \*\)/);
  });
});

const zshMissing = missing('zsh', 'script');
describe.skipIf(zshMissing.length > 0)(`zsh (${zshMissing.join(' and ') || 'nothing'} missing)`, () => {
  let zsh: Terminal;
  beforeAll(async () => {
    zsh = new Terminal('zsh -f -i');
    zsh.write(
      `stty cols 200; PS1='$ '; fpath=(${folder} $fpath); autoload -U compinit; compinit -D -u; LISTMAX=1000; unsetopt automenu; setopt autolist; ` +
        `show() { zle -I; print -r -- "<<$((++shown)):$BUFFER>>" }; zle -N show; bindkey '^G' show; echo RE''ADY\n`,
    );
    await zsh.until(/READY\r?\n/);
  });
  afterAll(() => zsh.end());

  test.each(LINES)('%s', async (typed, completed) => {
    expect((await zsh.complete(typed)).line).toBe(completed);
  });
  test('a list has the pieces with their notes', async () => {
    const { listed } = await zsh.complete("fprobe check -e 'f:x vfs_read file->f_path.", 2);
    expect(listed).toMatch(/dentry {2}-- struct dentry \*\s+mnt {2}-- struct vfsmount \*/);
  });
  test('commands are listed with what they do', async () => {
    expect((await zsh.complete('fprobe ', 2)).listed).toMatch(/check +-- tell what the kernel would answer/);
  });
});

const fishMissing = missing('fish');
describe.skipIf(fishMissing.length > 0)(`fish (${fishMissing.join(' and ') || 'nothing'} missing)`, () => {
  /** What is typed, as fish counts tokens, and the candidates for the last one. */
  async function candidates(line: string): Promise<string[]> {
    const run = await execa('fish', ['--no-config', '-c', `source ${folder}/fprobe.fish; complete -C $argv[1]`, line], {
      env,
      cwd: root,
    });
    return run.stdout.split('\n').map((each) => each.replace(/\t$/, ''));
  }
  /** The last token of a line, without quotes. */
  function lastToken(line: string): string {
    const [token] = line.trimEnd().match(/(?:(?:'[^']*(?:'|$))|(?:"(?:\\.|[^"\\])*(?:"|$))|\\.|[^\s'"\\])+$/)!;
    return token.replace(/^.*=(?=['"])|['"]|\\(?=[ $])/g, '');
  }
  test.each(LINES)('%s', async (typed, completed) => {
    const found = (await candidates(typed)).map((line) => line.split('\t')[0]!);
    const wanted = lastToken(completed);
    if (found.length === 1) expect(found).toEqual([wanted]);
    else expect(found.map((each) => each.startsWith(wanted))).toEqual([true, true]);
  });
  test('candidates have notes', async () => {
    expect(await candidates("fprobe check -e 'f:x vfs_read file->f_path.")).toEqual([
      'f:x vfs_read file->f_path.dentry\tstruct dentry *',
      'f:x vfs_read file->f_path.mnt\tstruct vfsmount *',
    ]);
  });
});

describe('what the scripts ask', () => {
  const ask = (...args: string[]) =>
    execa('node', [join(root, 'bin/fprobe.js'), '__complete', ...args], { reject: false });

  test.each([
    [['--', 'definition', 'f:x vfs_readl'], 'f:x \nvfs_readlink'],
    [['--', 'definition', '-:'], '-:'],
    [['--', 'definition', 'BAD_DEREF'], '\nBAD_DEREF_OFFS'],
    [['--', 'workload', 'c'], '\ncat'],
    [['--', 'event', 'sched:sched_swi'], 'sched:\nsched_switch'],
    [['--', 'tracing-file', 'events/sched/sched_switch/f'], 'events/sched/sched_switch/\nfilter\nformat'],
    [['--', 'tracing-dir', 'events/sched/sched_switch/'], 'events/sched/sched_switch/'],
    [['--', 'nosuch', 'x'], ''],
    [['--profile', 'nosuch', '--', 'workload', ''], ''],
  ])('%j', async (args, answer) => {
    expect(await ask(...args)).toMatchObject({ stdout: answer, stderr: '', exitCode: 0 });
  });

  test('a kernel that is up is asked for its files and events', async () => {
    const up = { XDG_RUNTIME_DIR: join(folder, 'run'), FPROBE_SESSION: '' };
    mkdirSync(up.XDG_RUNTIME_DIR);
    const fprobe = (...args: string[]) => execa('node', [join(root, 'bin/fprobe.js'), ...args], { env: up });
    await fprobe('boot', '--name', 'mine');
    await fprobe('append', '-n', 'mine', 'dynamic_events', 'f:own/event vfs_read');
    const answer = async (...args: string[]) => (await fprobe('__complete', ...args)).stdout;
    expect(await answer('--', 'kernel', 'm')).toBe('\nmine');
    expect(await answer('--name', 'mine', '--', 'tracing-dir', 'events/ow')).toBe('events/\nown/');
    expect(await answer('--name', 'mine', '--', 'definition', '-:ow')).toBe('-:\nown/event');
    expect(await answer('--', 'tracing-dir', 'events/ow')).toBe('events/');
    await fprobe('shutdown', '--name', 'mine');
  });

  test('the command for it is not in the help', async () => {
    expect((await execa('node', [join(root, 'bin/fprobe.js'), '--help'])).stdout).not.toContain('__complete');
  });
});
