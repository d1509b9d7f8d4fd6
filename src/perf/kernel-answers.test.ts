import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Cpu, Task } from '../machine/index.ts';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/index.ts';
import type { PerfBuffer, PerfEvent } from './index.ts';

/**
 * Commands and what Linux 6.16.3 answered to a process named `perfask`, pid 143: opens of perf events on fprobe events, reads, ioctls, samples byte by byte; getppid(2)
 * hits, from the process itself or from a child.
 */
const golden = readFileSync(join(import.meta.dirname, '../../selftests/golden/perf-events.txt'), 'utf8');

const RETURN_TO = { lo: 0x81fdc104, hi: 0xffffffff };

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

class Asker {
  readonly #kernel: SimulatedKernel;
  readonly #cpu: Cpu;
  readonly #self: Task;
  #nextChild = 144;
  readonly #events = new Map<string, { event: PerfEvent; buffer: PerfBuffer | undefined }>();

  constructor() {
    const profile = loadProfile();
    if (isProfileError(profile)) throw new Error(profile.error);
    this.#kernel = SimulatedKernel.boot(profile);
    const { machine } = this.#kernel;
    this.#cpu = machine.cpus[0]!;
    machine.createTask({ comm: 'init', pid: 1 });
    this.#self = machine.createTask({ comm: 'perfask', pid: 143 });
    machine.switchTo(this.#cpu, this.#self);
  }

  answer(command: string): string {
    const [what, name = '', ...words] = command.split(' ');
    const rest = words.join(' ');
    switch (what) {
      case 'w':
      case 'a': {
        const data = rest === '' ? '' : `${rest}\n`;
        return `${this.#kernel.tracefs.write(name, data, { append: what === 'a' })}\n`;
      }
      case 'r': {
        const text = this.#kernel.tracefs.read(name) as string;
        return `${text.length}\n${text}`;
      }
      case 'open':
        return `${this.#open(name, words)}\n`;
      case 'read':
        return `${this.#read(name, words)}\n`;
      case 'ioctl':
        return `${this.#ioctl(name, words)}\n`;
      case 'mmap':
        return `${this.#mmap(name, Number(rest))}\n`;
      case 'samples':
        return this.#samples(name);
      case 'types':
        return this.#types(name, words.length > 0 ? Number(rest) : Number.POSITIVE_INFINITY);
      case 'close':
        this.#events.get(name)!.event.close();
        this.#events.delete(name);
        return '0\n';
      case 'hit':
        this.#hit(Number(name || 1), 142);
        return '0\n';
      case 'child':
        this.#child(Number(name));
        return '0\n';
      default:
        throw new Error(command);
    }
  }

  #open(name: string, options: readonly string[]): number {
    const given = new Map(options.map((option) => option.split('=') as [string, string]));
    const number = (option: string, otherwise: number) => Number(given.get(option) ?? otherwise);
    const id = given.get('id')!;
    const config = /^\d/.test(id) ? Number(id) : Number(this.#kernel.tracefs.read(`events/${id}/id`));
    const pid = number('pid', 0);
    const task = pid < 0 ? undefined : pid === 0 ? this.#self : this.#kernel.machine.findTask(pid);
    if (pid > 0 && task === undefined) return -3;
    const cpu = number('cpu', -1);
    const event = this.#kernel.perf.open(
      {
        config,
        samplePeriod: number('period', 0),
        sampleType: number('stype', 0),
        readFormat: number('rfmt', 0),
        disabled: number('disabled', 0) === 1,
        inherit: number('inherit', 0) === 1,
        excludeKernel: number('exk', 0) === 1,
        excludeUser: number('exu', 0) === 1,
      },
      { ...(task && { task }), ...(cpu >= 0 && { cpu }) },
    );
    if (typeof event === 'number') return event;
    this.#events.set(name, { event, buffer: undefined });
    return 0;
  }

  #read(name: string, [size]: readonly string[]): string {
    const values = this.#events.get(name)!.event.read(size === undefined ? undefined : Number(size));
    return typeof values === 'number' ? `${values}` : [values.length * 8, ...values].join(' ');
  }

  #ioctl(name: string, [what, ...words]: readonly string[]): number {
    const { event } = this.#events.get(name)!;
    if (what === 'filter') return event.setFilter(words.join(' '));
    if (what === 'period') return event.setPeriod(Number(words[0]));
    if (what === 'enable') event.enable();
    if (what === 'disable') event.disable();
    if (what === 'reset') event.reset();
    return 0;
  }

  #mmap(name: string, pages: number): number {
    const entry = this.#events.get(name)!;
    const buffer = entry.event.mmap(pages);
    if (typeof buffer === 'number') return buffer;
    entry.buffer = buffer;
    return 0;
  }

  #samples(name: string): string {
    const lines: string[] = [];
    const { buffer } = this.#events.get(name)!;
    for (let record = buffer!.read(); record; record = buffer!.read()) {
      const view = new DataView(record.buffer);
      const head = `  type ${view.getUint32(0, true)} misc ${view.getUint16(4, true)} size ${record.length}:`;
      const words = Array.from(
        { length: record.length / 8 - 1 },
        (_, i) => ` ${hex(record.subarray(8 * i + 8, 8 * i + 16))}`,
      );
      lines.push(`${head}${words.join('')}\n`);
    }
    return `${lines.join('')}${lines.length}\n`;
  }

  #types(name: string, most: number): string {
    const runs: { type: number; count: number }[] = [];
    const { buffer } = this.#events.get(name)!;
    for (let n = 0; n < most; n++) {
      const record = buffer!.read();
      if (!record) break;
      const type = record[0]!;
      if (runs.at(-1)?.type === type) runs.at(-1)!.count++;
      else runs.push({ type, count: 1 });
    }
    return `${runs.map(({ type, count }) => ` ${type}*${count}`).join('')}\n`;
  }

  #hit(count: number, result: number): void {
    const { machine } = this.#kernel;
    const fn = machine.functions.idAtSymbol(machine.kallsyms.lookupName('__x64_sys_getppid')!)!;
    for (let i = 0; i < count; i++) {
      machine.clock.advance(1000);
      machine.enterFunction(this.#cpu, fn, RETURN_TO.lo, RETURN_TO.hi);
      this.#cpu.current.regs.wide[machine.arch.retReg] = BigInt(result);
      machine.leaveFunction(this.#cpu);
    }
  }

  #child(hits: number): void {
    const { machine } = this.#kernel;
    const child = machine.createTask({ comm: 'perfask', pid: this.#nextChild++, parent: this.#self });
    machine.switchTo(this.#cpu, child);
    this.#hit(hits, 143);
    machine.exitTask(child);
    machine.switchTo(this.#cpu, this.#self);
  }
}

/** Times and ids are not the same each time. */
function mask(command: string, answer: string): string {
  if (command.startsWith('read ')) {
    // Values above a second are times; of a and l the last but one is an id.
    const masked = answer.replace(/ \d{4,}/g, ' #');
    return /^read [al]\b/.test(command) ? masked.replace(/ \d+ (\d+)\n$/, ' id $1\n') : masked;
  }
  if (!command.startsWith('samples')) return answer;
  return answer.replace(/^( {2}type 9 misc 1 size 104: \w+ \w+) \w+ \w+/gm, '$1 time id');
}

test('perf events answer as Linux 6.16.3', () => {
  const asker = new Asker();
  const exchanges = golden
    .split(/^> /m)
    .slice(1)
    .map((text) => ({ command: text.split('\n', 1)[0]!, answer: text.slice(text.indexOf('\n') + 1) }));
  expect(exchanges.length).toBeGreaterThan(100);
  for (const { command, answer } of exchanges) {
    const given = mask(command, asker.answer(command));
    expect(`${command}\n${given}`).toBe(`${command}\n${mask(command, answer)}`);
  }
});
