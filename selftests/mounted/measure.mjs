// Measures the files in /sys/kernel/tracing from a process that uses them, side by side with a tmpfs: prints [name, value, unit] as JSON.
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const tracing = '/sys/kernel/tracing';
const folder = fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const plain = join(fs.mkdtempSync(join(folder, 'measure-')), 'file');
fs.writeFileSync(plain, '1\n');

const ROUNDS = 2000;

/** Microseconds that each of several operations takes: the median of batches, taken in turn. */
function compare(operations) {
  const times = operations.map(() => []);
  for (let batch = 0; batch < 11; batch++) {
    for (const [i, operation] of operations.entries()) {
      const start = performance.now();
      for (let n = 0; n < ROUNDS / 10; n++) operation();
      if (batch > 0) times[i].push(((performance.now() - start) * 1000) / (ROUNDS / 10));
    }
  }
  return times.map((values) => values.sort((a, b) => a - b)[values.length >> 1]);
}

function writer(path) {
  return () => {
    const fd = fs.openSync(path, 'w');
    fs.writeSync(fd, '1\n');
    fs.closeSync(fd);
  };
}

function reader(path) {
  const buffer = Buffer.alloc(4096);
  return () => {
    const fd = fs.openSync(path, 'r');
    while (fs.readSync(fd, buffer) > 0);
    fs.closeSync(fd);
  };
}

/** Milliseconds of a shell script, the median of several runs. */
function shell(script) {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    spawnSync('sh', ['-ec', script], { cwd: tracing, stdio: 'ignore' });
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[2];
}

const event = `${tracing}/events/sched/sched_switch/enable`;
const [written, plainWritten] = compare([writer(`${tracing}/tracing_on`), writer(plain)]);
const [read, plainRead] = compare([reader(event), reader(plain)]);
const [stat] = compare([() => fs.statSync(event)]);
const repeated = `i=0; while [ $i -lt 64 ]; do
  echo "f:g/e$i vfs_read" >> dynamic_events; echo 1 > events/g/e$i/enable; echo 0 > events/g/e$i/enable
  echo "-:g/e$i" >> dynamic_events; i=$((i + 1)); done`;

process.stdout.write(
  JSON.stringify([
    ['open, write, close', written, 'µs'],
    ['the same in a tmpfs', plainWritten, 'µs'],
    ['open, read to the end, close', read, 'µs'],
    ['the same in a tmpfs', plainRead, 'µs'],
    ['stat', stat, 'µs'],
    ['sh -c "echo events/*/*/enable", over 1,564 events', shell('echo events/*/*/enable'), 'ms'],
    ['64 definitions registered, enabled, disabled, removed by sh', shell(repeated), 'ms'],
  ]),
);
fs.rmSync(join(plain, '..'), { recursive: true });
